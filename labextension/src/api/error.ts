/** The server answered, with an error. `code` is empty where the answer is not of our server extension. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string
  ) {
    super(message);
  }
}

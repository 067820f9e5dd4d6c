/** One function for each route that the browser uses. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { ApiError } from './error';
import type { ErrorBody, Event, Task } from './types';

export interface Page<T> {
  results: T[];
  next_page_id: string | null;
}

export interface EventQuery {
  task_id__eq?: string;
  seq__gt?: number;
  seq__lt?: number;
  sort_order?: 'SEQ' | 'SEQ_DESC';
  limit?: number;
  page_id?: string;
}

export function getTask(
  settings: ServerConnection.ISettings,
  conversationId: string,
  taskId: string
): Promise<Task> {
  return request(settings, 'GET', [conversationId, 'task', taskId]);
}

/** The answer is the task: on its way, or finished before. */
export function cancelTask(
  settings: ServerConnection.ISettings,
  conversationId: string,
  taskId: string
): Promise<Task> {
  return request(settings, 'DELETE', [conversationId, 'task', taskId]);
}

export function listEvents(
  settings: ServerConnection.ISettings,
  conversationId: string,
  query: EventQuery
): Promise<Page<Event>> {
  return request(settings, 'GET', [conversationId, 'event'], { ...query });
}

export function countEvents(
  settings: ServerConnection.ISettings,
  conversationId: string,
  query: EventQuery
): Promise<number> {
  return request(settings, 'GET', [conversationId, 'event-count'], {
    ...query
  });
}

/** The address of a conversation's socket, that begins after the event `afterSeq`. */
export function socketUrl(
  settings: ServerConnection.ISettings,
  conversationId: string,
  afterSeq: number
): string {
  const base = URLExt.join(
    settings.wsUrl,
    'conversation',
    encodeURIComponent(conversationId)
  );
  const query: { [name: string]: string } = { after_seq: String(afterSeq) };
  if (settings.appendToken && settings.token) {
    query['token'] = settings.token;
  }
  return base + URLExt.objectToQueryString(query);
}

async function request<T>(
  settings: ServerConnection.ISettings,
  method: string,
  path: string[],
  query: { [name: string]: string | number } = {}
): Promise<T> {
  const url =
    URLExt.join(
      settings.baseUrl,
      'conversation',
      ...path.map(encodeURIComponent)
    ) + URLExt.objectToQueryString(query);
  // Not `no-store`: with that a number is put into the query, which the server does not take.
  const init = { method, cache: 'reload' } as const;
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (!response.ok) {
    throw await errorOf(response);
  }
  return (await response.json()) as T;
}

async function errorOf(response: Response): Promise<ApiError> {
  const { status, statusText } = response;
  const body = (await response.json().catch(() => ({}))) as Partial<ErrorBody>;
  const message = body.message || `The server answered ${status} ${statusText}`;
  return new ApiError(status, body.code ?? '', message);
}

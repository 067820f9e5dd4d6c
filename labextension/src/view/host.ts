/** What the view of a task asks of the place where it is shown, and what it is told. */
import type { Event, Task } from '../api/types';
import type { MimeBundle } from './blocks';

/**
 * How the view hangs on the task, which is another thing than how the task is doing:
 *
 * - `connecting`: nothing is known yet
 * - `live`: events come as they happen; or the task is finished and all is here
 * - `reconnecting`: the connection is lost, and being made again
 * - `unreachable`: the server does not answer; it is asked again
 * - `missing`: the server answers, and does not know the task
 * - `refused`: the server does not let us see it
 * - `detached`: nobody is there to ask; what is shown was kept
 */
export type Connection =
  | 'connecting'
  | 'live'
  | 'reconnecting'
  | 'unreachable'
  | 'missing'
  | 'refused'
  | 'detached';

/** Is told what happens to one task. */
export interface TaskSink {
  /** The task as it is now. */
  task(task: Task): void;
  /** Events of the task, in order. */
  events(events: readonly Event[]): void;
  /** The next events come after some that were not loaded. */
  gap(count: number): void;
  /** All events will be told anew. */
  reset(): void;
  /** `message` says more, for people. */
  connection(state: Connection, message?: string): void;
}

export interface Rendered {
  readonly element: HTMLElement;
  /** Called when the element is on its place. */
  placed?(): void;
  dispose(): void;
}

export interface Host {
  /** Ask for the task to be cancelled. Rejects with an `Error` whose message is for people. */
  cancel(): Promise<void>;
  /** Load the events of a gap; they are told after a `reset`. */
  showAll?(): Promise<void>;
  /** Draw a MIME bundle of somebody's output: nothing in it is trusted. */
  renderMime(data: MimeBundle, metadata: MimeBundle): Promise<Rendered>;
}

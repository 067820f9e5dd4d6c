/** Tells a view about one task: what was, from the server's log; what happens, from the conversation's stream. */
import { ApiError } from './api/error';
import type { EventQuery, Page } from './api/requests';
import type { StreamPool } from './api/stream';
import type { Event, Task } from './api/types';
import type { TaskSink } from './view/host';
import { isFinished } from './view/state';

/** The server, asked about one task and its conversation. */
export interface TaskApi {
  task(): Promise<Task>;
  cancel(): Promise<Task>;
  events(query: EventQuery): Promise<Page<Event>>;
  count(query: EventQuery): Promise<number>;
}

export interface TaskIds {
  readonly conversation_id: string;
  readonly task_id: string;
}

/** Of a longer log, the beginning and the end are loaded. */
export const MAX_LOADED = 1000;
const TAIL_PAGES = 2;
const FIRST_DELAY = 1000;
const LAST_DELAY = 30_000;

export class TaskSource {
  constructor(
    private readonly _api: TaskApi,
    private readonly _pool: StreamPool,
    private readonly _ids: TaskIds,
    private readonly _sink: TaskSink
  ) {
    void this._start();
  }

  async cancel(): Promise<void> {
    const task = await this._api.cancel();
    if (!this._disposed) {
      this._sink.task(task);
    }
  }

  /** Tell all events anew, with those that were left out. */
  async showAll(): Promise<void> {
    this._held = [];
    try {
      const all = await this._pages({});
      if (!this._disposed) {
        this._sink.reset();
        this._sink.events(all);
        this._sink.events(this._held);
      }
    } finally {
      this._held = null;
    }
  }

  dispose(): void {
    this._disposed = true;
    this._stop();
    window.clearTimeout(this._timer);
  }

  /** Load; where the server does not answer, again. */
  private async _start(failures = 0): Promise<void> {
    try {
      await this._load();
    } catch (reason) {
      this._stop();
      if (this._disposed) {
        return;
      }
      if (reason instanceof ApiError && reason.status < 500) {
        this._lost(reason);
        return;
      }
      this._sink.connection('unreachable', WORDS.unreachable);
      const limit = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** failures);
      this._timer = window.setTimeout(
        () => void this._start(failures + 1),
        limit / 2 + (Math.random() * limit) / 2
      );
    }
  }

  private async _load(): Promise<void> {
    const [task, newest] = await Promise.all([
      this._api.task(),
      this._api.events({ sort_order: 'SEQ_DESC', limit: 1 })
    ]);
    const { head, gap, tail } = await this._history();
    if (this._disposed) {
      return;
    }
    this._sink.reset();
    this._sink.task(task);
    this._sink.events(head);
    if (gap > 0) {
      this._sink.gap(gap);
    }
    this._sink.events(tail);
    if (isFinished(task.status)) {
      this._sink.connection('live');
      return;
    }
    // What the task said before `newest` was read above; the stream need not bring it again.
    const last = tail[tail.length - 1] ?? head[head.length - 1];
    await this._listen(Math.max(newest.results[0]?.seq ?? 0, last?.seq ?? 0));
  }

  private async _history(): Promise<History> {
    const query = { task_id__eq: this._ids.task_id };
    const first = await this._api.events(query);
    if (first.next_page_id === null) {
      return { head: first.results, gap: 0, tail: [] };
    }
    const count = await this._api.count(query);
    if (count <= MAX_LOADED) {
      const rest = await this._pages({ page_id: first.next_page_id });
      return { head: first.results, gap: 0, tail: rest };
    }
    const head = first.results;
    const tail = await this._pages({ sort_order: 'SEQ_DESC' }, TAIL_PAGES);
    tail.reverse();
    return { head, gap: count - head.length - tail.length, tail };
  }

  /** The task's events, page by page. */
  private async _pages(query: EventQuery, limit = Infinity): Promise<Event[]> {
    const found: Event[] = [];
    let page_id = query.page_id;
    for (let i = 0; i < limit && !this._disposed; i++) {
      const page = await this._api.events({
        ...query,
        task_id__eq: this._ids.task_id,
        ...(page_id ? { page_id } : {})
      });
      found.push(...page.results);
      if (page.next_page_id === null) {
        break;
      }
      page_id = page.next_page_id;
    }
    return found;
  }

  /** Hear of all events after `from`, each once, in order. */
  private async _listen(from: number): Promise<void> {
    const stream = this._pool.stream(this._ids.conversation_id, from);
    let early: Event[] | null = [];
    this._unlisten = stream.listen(this._ids.task_id, {
      event: event => (early ? early.push(event) : this._tell(event)),
      connected: (open, failures) => this._connected(open, failures)
    });
    if (stream.cursor > from) {
      // Others listen already, and the stream is further: what it told before is in the log.
      const missed = await this._pages({ seq__gt: from });
      missed.forEach(event => this._tell(event));
    }
    const waiting = early;
    early = null;
    waiting.forEach(event => this._tell(event));
  }

  private _tell(event: Event): void {
    if (this._disposed) {
      return;
    }
    this._sink.events([event]);
    this._held?.push(event);
    const { detail } = event;
    if (
      detail.type === 'TaskStatusUpdate' &&
      isFinished((detail as { status: Task['status'] }).status)
    ) {
      void this._finish();
    }
  }

  /** The stream is not needed any more; the snapshot has what the events do not say. */
  private async _finish(): Promise<void> {
    this._stop();
    this._sink.connection('live');
    const task = await this._api.task().catch(() => null);
    if (task && !this._disposed) {
      this._sink.task(task);
    }
  }

  private _connected(open: boolean, failures: number): void {
    if (open) {
      this._sink.connection('live');
    } else if (failures > 0) {
      this._sink.connection('reconnecting');
    }
    if (!open && failures > 1) {
      void this._check();
    }
  }

  /** A socket that is refused does not say why; a request does. */
  private async _check(): Promise<void> {
    try {
      const task = await this._api.task();
      if (isFinished(task.status) && !this._disposed) {
        this._stop();
        await this._start();
      }
    } catch (reason) {
      if (reason instanceof ApiError && reason.status < 500) {
        this._stop();
        this._lost(reason);
      }
    }
  }

  private _lost(error: ApiError): void {
    if (this._disposed) {
      return;
    }
    const { status, code, message } = error;
    if (status === 404) {
      const words = code ? WORDS.missing : WORDS.noExtension;
      this._sink.connection('missing', words);
    } else if (status === 401 || status === 403) {
      this._sink.connection('refused', WORDS.refused);
    } else {
      this._sink.connection('refused', message);
    }
  }

  private _stop(): void {
    this._unlisten?.();
    this._unlisten = null;
  }

  private _unlisten: (() => void) | null = null;
  private _held: Event[] | null = null;
  private _timer: number | undefined;
  private _disposed = false;
}

interface History {
  head: Event[];
  /** How many events are between the two. */
  gap: number;
  tail: Event[];
}

const WORDS = {
  unreachable: 'The server does not answer; it is asked again.',
  refused: 'The server does not let you see this task; shown is what was kept.',
  missing: 'This server does not know the task; shown is what was kept.',
  noExtension:
    'This server has no jupyter_conv, or it is switched off; shown is what was kept.'
};

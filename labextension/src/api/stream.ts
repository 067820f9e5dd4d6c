/**
 * The live events of a conversation, over one socket for all who listen on this page.
 *
 * A lost connection is made again, with jitter, from the last event that came: no gap, no double.
 */
import type { Event } from './types';

export interface StreamListener {
  event(event: Event): void;
  /** Whether the socket is open; `failures` counts the attempts in vain since it last was. */
  connected(open: boolean, failures: number): void;
}

/** What is used of a `WebSocket`. */
export type Socket = Pick<
  WebSocket,
  'onopen' | 'onmessage' | 'onclose' | 'close'
>;

const FIRST_DELAY = 500;
const LAST_DELAY = 30_000;
/** A socket that was open for so long did not fail. */
const STEADY = 5_000;

export class EventStream {
  /**
   * `open` makes a socket that begins after the event of that number; `cursor` is the last event that is known
   * already; `onUnused` is called when the last listener has gone.
   */
  constructor(
    private readonly _open: (afterSeq: number) => Socket,
    private _cursor: number,
    private readonly _onUnused: () => void = () => undefined
  ) {
    this._connect();
    window.addEventListener('online', this._now);
  }

  /** All events up to this were told to who listened then. */
  get cursor(): number {
    return this._cursor;
  }

  /** Listen to the events of one task; call what is returned to stop. */
  listen(taskId: string, listener: StreamListener): () => void {
    const entry = { taskId, listener };
    this._listeners.add(entry);
    listener.connected(this._isOpen, this._failures);
    return () => {
      if (this._listeners.delete(entry) && this._listeners.size === 0) {
        this._close();
        this._onUnused();
      }
    };
  }

  private _connect(): void {
    const socket = this._open(this._cursor);
    this._socket = socket;
    socket.onopen = () => {
      this._openedAt = Date.now();
      this._tell(true, this._failures);
    };
    socket.onmessage = message => this._receive(String(message.data), socket);
    socket.onclose = () => this._retry(socket);
  }

  private _receive(frame: string, socket: Socket): void {
    if (socket !== this._socket) {
      return;
    }
    const event = JSON.parse(frame) as Event;
    if (event.seq !== null) {
      if (event.seq <= this._cursor) {
        return;
      }
      this._cursor = event.seq;
    }
    for (const { taskId, listener } of [...this._listeners]) {
      if (taskId === event.task_id) {
        listener.event(event);
      }
    }
  }

  private _retry(socket: Socket): void {
    if (socket !== this._socket) {
      return;
    }
    const lasted = this._isOpen && Date.now() - this._openedAt > STEADY;
    const failures = lasted ? 1 : this._failures + 1;
    const limit = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** (failures - 1));
    this._socket = null;
    this._timer = window.setTimeout(
      () => this._connect(),
      limit / 2 + (Math.random() * limit) / 2
    );
    this._tell(false, failures);
  }

  private _tell(open: boolean, failures: number): void {
    this._isOpen = open;
    this._failures = failures;
    for (const { listener } of [...this._listeners]) {
      listener.connected(open, failures);
    }
  }

  /** The network is back: do not wait. */
  private readonly _now = () => {
    if (this._socket === null) {
      window.clearTimeout(this._timer);
      this._connect();
    }
  };

  private _close(): void {
    window.removeEventListener('online', this._now);
    window.clearTimeout(this._timer);
    const socket = this._socket;
    this._socket = null;
    socket?.close();
  }

  private readonly _listeners = new Set<{
    taskId: string;
    listener: StreamListener;
  }>();
  private _socket: Socket | null = null;
  private _timer: number | undefined;
  private _failures = 0;
  private _openedAt = 0;
  private _isOpen = false;
}

/** The streams of a page: one for a conversation, made when first asked for. */
export class StreamPool {
  constructor(
    private readonly _open: (conversation: string, afterSeq: number) => Socket
  ) {}

  /** The stream of a conversation; one that is made now begins after `from`. */
  stream(conversationId: string, from: number): EventStream {
    let stream = this._streams.get(conversationId);
    if (!stream) {
      stream = new EventStream(
        afterSeq => this._open(conversationId, afterSeq),
        from,
        () => this._streams.delete(conversationId)
      );
      this._streams.set(conversationId, stream);
    }
    return stream;
  }

  private readonly _streams = new Map<string, EventStream>();
}

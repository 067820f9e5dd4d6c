import { ApiError } from '../src/api/error';
import type { EventQuery, Page } from '../src/api/requests';
import { StreamPool, type Socket } from '../src/api/stream';
import type { Event, Task } from '../src/api/types';
import { MAX_LOADED, TaskSource, type TaskApi } from '../src/source';
import type { Connection, TaskSink } from '../src/view/host';
import { detail, golden, output, running } from './golden';

const FINISHED = golden('shell_task.jsonl').task;
const IDS = {
  conversation_id: FINISHED.conversation_id,
  task_id: FINISHED.id
};
const PAGE = 100;

/** A server with one log; `other` events are of another task. */
class FakeServer implements TaskApi {
  constructor(
    public now: Task,
    readonly log: Event[]
  ) {}
  error: Error | null = null;
  sockets: (Socket & { afterSeq: number; closed?: boolean })[] = [];

  task(): Promise<Task> {
    return this._answer(() => this.now);
  }
  cancel(): Promise<Task> {
    return this.task();
  }
  count(query: EventQuery): Promise<number> {
    return this._answer(() => this._find(query).length);
  }
  events(query: EventQuery): Promise<Page<Event>> {
    return this._answer(() => {
      const found = this._find(query);
      const from = Number(query.page_id ?? 0);
      const to = from + (query.limit ?? PAGE);
      const next_page_id = to < found.length ? String(to) : null;
      return { results: found.slice(from, to), next_page_id };
    });
  }
  say(event: Event): void {
    this.log.push(event);
    for (const socket of this.sockets.filter(one => !one.closed)) {
      const data = JSON.stringify(event);
      socket.onmessage?.call(socket as never, { data } as never);
    }
  }
  readonly pool = new StreamPool((_, afterSeq) => {
    const socket = {
      afterSeq,
      onopen: null,
      onmessage: null,
      onclose: null,
      closed: false,
      close() {
        this.closed = true;
      }
    };
    this.sockets.push(socket);
    return socket;
  });

  private _answer<T>(value: () => T): Promise<T> {
    return this.error ? Promise.reject(this.error) : Promise.resolve(value());
  }
  private _find(query: EventQuery): Event[] {
    const found = this.log.filter(
      ({ task_id, seq }) =>
        (!query.task_id__eq || task_id === query.task_id__eq) &&
        seq! > (query.seq__gt ?? 0)
    );
    return query.sort_order === 'SEQ_DESC' ? found.reverse() : found;
  }
}

class Told implements TaskSink {
  seqs: (number | null)[] = [];
  readonly states: Connection[] = [];
  message = '';
  gaps: number[] = [];
  last: Task | null = null;
  task(task: Task): void {
    this.last = task;
  }
  events(events: readonly Event[]): void {
    this.seqs.push(...events.map(event => event.seq));
  }
  gap(count: number): void {
    this.gaps.push(count);
  }
  reset(): void {
    this.seqs = [];
    this.gaps = [];
  }
  connection(state: Connection, message = ''): void {
    this.states.push(state);
    this.message = message;
  }
}

const settle = async () => {
  for (let i = 0; i < 200; i++) {
    await Promise.resolve();
  }
};

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

const logOf = (count: number) => range(1, count).map(seq => output(seq, 'x'));

const elsewhere = (seq: number): Event => ({
  ...output(seq, ''),
  task_id: 'another'
});

async function start(server: FakeServer): Promise<[Told, TaskSource]> {
  const told = new Told();
  const source = new TaskSource(server, server.pool, IDS, told);
  await settle();
  return [told, source];
}

test('a finished task is told whole, without a socket', async () => {
  const server = new FakeServer(FINISHED, logOf(250));
  const [told] = await start(server);
  expect(told.seqs).toEqual(range(1, 250));
  expect(told.last).toBe(FINISHED);
  expect(server.sockets).toHaveLength(0);
});

test('of a very long one the beginning and the end; all when asked', async () => {
  const count = MAX_LOADED + 500;
  const server = new FakeServer(FINISHED, logOf(count));
  const [told, source] = await start(server);
  expect(told.seqs).toEqual([...range(1, 100), ...range(count - 199, count)]);
  expect(told.gaps).toEqual([count - 300]);
  await source.showAll();
  expect(told.seqs).toEqual(range(1, count));
  expect(told.gaps).toEqual([]);
});

test('a running task goes on from the newest event of the conversation', async () => {
  const server = new FakeServer(running(), [...logOf(3), elsewhere(4)]);
  const [told] = await start(server);
  expect(server.sockets[0]!.afterSeq).toBe(4);
  [5, 6].forEach(seq => server.say(output(seq, '')));
  expect(told.seqs).toEqual([1, 2, 3, 5, 6]);
});

test('one who joins a socket that is further misses nothing and hears nothing twice', async () => {
  const server = new FakeServer(running(), logOf(2));
  await start(server);
  const told = new Told();
  const original = server.events.bind(server);
  const said: number[] = [];
  // Events come between any two requests, and while one is on its way.
  server.events = async query => {
    const answer = await original(query);
    const seq = server.log.length + 1;
    said.push(seq);
    server.say(output(seq, ''));
    return answer;
  };
  new TaskSource(server, server.pool, IDS, told);
  await settle();
  server.events = original;
  server.say(output(server.log.length + 1, ''));
  expect(said.length).toBeGreaterThan(2);
  expect(server.sockets).toHaveLength(1);
  const once = [...new Set(told.seqs)];
  expect(once).toEqual(range(1, server.log.length));
  expect(told.seqs).toEqual([...told.seqs].sort((a, b) => a! - b!));
});

test('when the task ends the socket is let go, and the snapshot fetched', async () => {
  const server = new FakeServer(running(), logOf(1));
  const [told] = await start(server);
  server.now = FINISHED;
  const update = {
    type: 'TaskStatusUpdate',
    task_id: FINISHED.id,
    status: 'ERROR',
    code: null,
    progress: null,
    message: null
  } as const;
  server.say(detail(2, update));
  await settle();
  expect(server.sockets[0]!.closed).toBe(true);
  expect(told.last).toBe(FINISHED);
});

test.each([
  [404, 'not_found', 'missing', 'does not know the task'],
  [404, '', 'missing', 'has no jupyter_conv'],
  [403, 'forbidden', 'refused', 'does not let you'],
  [422, 'invalid', 'refused', 'wrong']
])('%i %s: it is %s, and not asked again', async (...row) => {
  const [status, code, state, words] = row;
  jest.useFakeTimers();
  const server = new FakeServer(running(), []);
  server.error = new ApiError(status, code, 'wrong');
  const [told] = await start(server);
  expect(told.states).toEqual([state]);
  expect(told.message).toContain(words);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test('a server that does not answer is asked again', async () => {
  jest.useFakeTimers();
  const server = new FakeServer(FINISHED, logOf(2));
  server.error = new TypeError('network');
  const [told] = await start(server);
  expect(told.states).toEqual(['unreachable']);
  server.error = null;
  jest.advanceTimersByTime(1000);
  await settle();
  expect(told.states).toEqual(['unreachable', 'live']);
  expect(told.seqs).toEqual([1, 2]);
  jest.useRealTimers();
});

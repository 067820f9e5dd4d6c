import {
  EventStream,
  StreamPool,
  type Socket,
  type StreamListener
} from '../src/api/stream';
import type { Event } from '../src/api/types';
import { golden, output } from './golden';

const TASK = golden('shell_task.jsonl').task.id;

class FakeSocket implements Socket {
  constructor(readonly afterSeq: number) {}
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  closed = false;

  open(): void {
    this.onopen?.call(this as never, {} as never);
  }
  say(event: Event): void {
    const data = JSON.stringify(event);
    this.onmessage?.call(this as never, { data } as never);
  }
  drop(): void {
    this.onclose?.call(this as never, {} as never);
  }
  close(): void {
    this.closed = true;
  }
}

class Heard implements StreamListener {
  readonly seqs: (number | null)[] = [];
  readonly states: [boolean, number][] = [];
  event(event: Event): void {
    this.seqs.push(event.seq);
  }
  connected(open: boolean, failures: number): void {
    this.states.push([open, failures]);
  }
}

let sockets: FakeSocket[];

const open = (afterSeq: number) => {
  const socket = new FakeSocket(afterSeq);
  sockets.push(socket);
  return socket;
};

beforeEach(() => {
  sockets = [];
  jest.useFakeTimers();
});

afterEach(() => jest.useRealTimers());

test('events come once, from where it began', () => {
  const stream = new EventStream(open, 4);
  const heard = new Heard();
  stream.listen(TASK, heard);
  const [socket] = sockets;
  expect(socket!.afterSeq).toBe(4);
  socket!.open();
  [4, 5, 6, 6, 5, 7].forEach(seq => socket!.say(output(seq, '')));
  expect(heard.seqs).toEqual([5, 6, 7]);
});

test('a lost connection is made again from the last event', () => {
  const stream = new EventStream(open, 0);
  const heard = new Heard();
  stream.listen(TASK, heard);
  sockets[0]!.open();
  sockets[0]!.say(output(1, ''));
  sockets[0]!.say(output(2, ''));
  sockets[0]!.drop();
  sockets[0]!.say(output(3, ''));
  expect(heard.states[heard.states.length - 1]).toEqual([false, 1]);
  jest.advanceTimersByTime(500);
  expect(sockets[1]!.afterSeq).toBe(2);
  sockets[1]!.open();
  [3, 4].forEach(seq => sockets[1]!.say(output(seq, '')));
  expect(heard.seqs).toEqual([1, 2, 3, 4]);
});

test('attempts in vain are made ever more seldom, and counted', () => {
  const stream = new EventStream(open, 0);
  const heard = new Heard();
  stream.listen(TASK, heard);
  for (let i = 0; i < 5; i++) {
    sockets[i]!.drop();
    jest.advanceTimersByTime(250 * 2 ** i - 1);
    expect(sockets).toHaveLength(i + 1);
    jest.advanceTimersByTime(250 * 2 ** i + 1);
    expect(sockets).toHaveLength(i + 2);
  }
  expect(heard.states.map(([, failures]) => failures)).toEqual([
    0, 1, 2, 3, 4, 5
  ]);
});

test('a network that comes back is used at once', () => {
  new EventStream(open, 0).listen(TASK, new Heard());
  sockets[0]!.drop();
  window.dispatchEvent(new window.Event('online'));
  expect(sockets).toHaveLength(2);
  jest.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(2);
});

test('events of other tasks move the cursor and are not told', () => {
  const stream = new EventStream(open, 0);
  const heard = new Heard();
  stream.listen('another', heard);
  sockets[0]!.open();
  sockets[0]!.say(output(1, ''));
  expect(heard.seqs).toEqual([]);
  expect(stream.cursor).toBe(1);
});

test('transient events are told and not counted', () => {
  const stream = new EventStream(open, 3);
  const heard = new Heard();
  stream.listen(TASK, heard);
  sockets[0]!.say(output(null, ''));
  expect(heard.seqs).toEqual([null]);
  expect(stream.cursor).toBe(3);
});

test('one socket for a conversation; closed when the last has gone; then made anew', () => {
  const pool = new StreamPool((_, afterSeq) => open(afterSeq));
  const first = pool.stream('a', 1).listen(TASK, new Heard());
  const second = pool.stream('a', 9).listen('another', new Heard());
  expect(sockets).toHaveLength(1);
  first();
  first();
  expect(sockets[0]!.closed).toBe(false);
  second();
  expect(sockets[0]!.closed).toBe(true);
  sockets[0]!.drop();
  jest.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(1);
  pool.stream('a', 5);
  expect(sockets[1]!.afterSeq).toBe(5);
});

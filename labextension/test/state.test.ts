import type { Event } from '../src/api/types';
import type { Block } from '../src/view/blocks';
import {
  INITIAL,
  MAX_BLOCKS,
  reduce,
  withGap,
  withoutEvents,
  withTask,
  type TaskState
} from '../src/view/state';
import { plainText } from '../src/view/terminal';
import { detail, golden, output, running } from './golden';

/** What a block shows, in one string. */
function words(block: Block): string {
  switch (block.kind) {
    case 'text':
    case 'error':
      return `${block.kind}: ${plainText(block.terminal).trim()}`;
    case 'display':
      return `display: ${block.data['text/plain'] as string}`;
    case 'gap':
      return `gap: ${block.count}`;
    default:
      return `${block.kind}: ${'text' in block ? block.text : ''}`;
  }
}

function read(name: string): TaskState {
  return reduce(INITIAL, golden(name).events);
}

test('a shell task', () => {
  const state = read('shell_task.jsonl');
  expect(state.blocks.map(words)).toEqual([
    'text: ok plain orange true\n100%|██████████| 10/10\nhalf a line\nand <b>another</b>'
  ]);
  expect(state).toMatchObject({
    status: 'ERROR',
    code: 'exit_code',
    message: 'The command ended with exit code 3.',
    progress: 0.5
  });
  expect(state.finishedAt! - state.startedAt!).toBe(8000);
});

test('a Python task', () => {
  const state = read('python_task.jsonl');
  expect(state.blocks.map(words)).toEqual([
    'text: second frame',
    'reply: Three species, **344** penguins.',
    'display: 344',
    'error: ValueError: no'
  ]);
  expect(state.spent).toEqual({
    tokens: { input: 1000, output: 204 },
    cost: 0.0132
  });
  expect(state.files).toEqual({ 'plot.png': 'created' });
});

test('a display is updated in its place', () => {
  const events = golden('python_task.jsonl').events.slice(0, 5);
  const before = reduce(INITIAL, events.slice(0, 4));
  const after = reduce(before, events.slice(4));
  expect(after.blocks.map(words)).toEqual(['text: reading', 'display: 2 of 2']);
  expect(after.blocks[1]!.key).toBe(before.blocks[1]!.key);
});

test('a notebook task: a heading for each cell, and a cell cleared alone', () => {
  expect(read('notebook_task.jsonl').blocks.map(words)).toEqual([
    'cell: Cell 1',
    'text: one',
    'cell: Cell 3',
    'text: three'
  ]);
});

test.each(['shell_task.jsonl', 'python_task.jsonl', 'notebook_task.jsonl'])(
  '%s is the same in whatever batches it comes, and told twice',
  name => {
    const { events } = golden(name);
    const whole = reduce(INITIAL, events);
    const byOne = events.reduce((s, event) => reduce(s, [event]), INITIAL);
    expect(byOne).toEqual(whole);
    const stored = events.filter(event => event.seq !== null);
    expect(reduce(whole, stored)).toEqual(whole);
    const doubled = events.flatMap(event =>
      event.seq === null ? [event] : [event, event]
    );
    expect(reduce(INITIAL, doubled)).toEqual(whole);
  }
);

test('a text that is being written is followed by the whole', () => {
  const delta = (text: string) => detail(null, { type: 'TextDelta', text });
  const open = reduce(INITIAL, [delta('a'), delta('b')]);
  expect(open.blocks).toMatchObject([
    { kind: 'reply', text: 'ab', open: true }
  ]);
  const done = reduce(open, [detail(5, { type: 'TextReply', text: 'abc' })]);
  expect(done.blocks).toMatchObject([{ text: 'abc', open: false }]);
});

test('a cleared display hands its key to the one that follows, so that nothing flickers', () => {
  const show = (seq: number, text: string): Event =>
    detail(seq, {
      type: 'Output',
      output: {
        output_type: 'display_data',
        data: { 'text/plain': text },
        metadata: {}
      },
      display_id: null,
      update: false,
      cell: null
    });
  const first = reduce(INITIAL, [show(1, 'a')]);
  const waits = detail(2, { type: 'ClearOutput', wait: true, cell: null });
  const cleared = reduce(first, [waits]);
  expect(cleared.blocks.map(words)).toEqual(['display: a']);
  const next = reduce(cleared, [show(3, 'b'), show(4, 'c')]);
  expect(next.blocks.map(words)).toEqual(['display: b', 'display: c']);
  expect(next.blocks[0]!.key).toBe(first.blocks[0]!.key);
  expect(next.blocks[1]!.key).not.toBe(next.blocks[0]!.key);
});

test('tool calls are answered; a plan is replaced; what is unknown is said', () => {
  const state = reduce(INITIAL, [
    detail(1, {
      type: 'ToolCall',
      tool_call_id: 't',
      name: 'ls',
      title: null,
      arguments: {}
    }),
    detail(2, { type: 'Plan', entries: [] }),
    detail(3, {
      type: 'ToolResult',
      tool_call_id: 't',
      content: 'a',
      is_error: false
    }),
    detail(4, {
      type: 'Plan',
      entries: [{ content: 'go', status: 'pending', priority: null }]
    }),
    detail(5, { type: 'Hologram', data: 1 })
  ]);
  expect(state.blocks).toMatchObject([
    { kind: 'tool', result: { content: 'a' } },
    { kind: 'plan', plan: { entries: [{ content: 'go' }] } },
    { kind: 'note', text: expect.stringContaining('Hologram') as string }
  ]);
});

test('a snapshot that is newer than the events is not undone by them', () => {
  const { task, events } = golden('shell_task.jsonl');
  const state = reduce(withTask(INITIAL, task), events.slice(0, 3));
  expect(state.status).toBe('ERROR');
  expect(state.blocks).toHaveLength(1);
});

test('a snapshot that is older than the events does not undo them', () => {
  const { events } = golden('shell_task.jsonl');
  const state = withTask(reduce(INITIAL, events), running());
  expect(state.status).toBe('ERROR');
});

test('events after a snapshot go on from it', () => {
  const { events } = golden('shell_task.jsonl');
  const state = reduce(withTask(INITIAL, running()), events);
  expect(state).toMatchObject({ status: 'ERROR', code: 'exit_code' });
});

test('told anew, with what was left out', () => {
  const { task } = golden('shell_task.jsonl');
  const known = withTask(INITIAL, task);
  const short = reduce(withGap(reduce(known, [output(1, 'a\n')]), 1), [
    output(3, 'c\n')
  ]);
  expect(short.blocks.map(words)).toEqual(['text: a', 'gap: 1', 'text: c']);
  const whole = reduce(withoutEvents(short), [
    output(1, 'a\n'),
    output(2, 'b\n'),
    output(3, 'c\n')
  ]);
  expect(whole.blocks.map(words)).toEqual(['text: a\nb\nc']);
  expect(whole.status).toBe('ERROR');
});

test('blocks are bounded', () => {
  const events = Array.from({ length: MAX_BLOCKS + 7 }, (_, i) =>
    detail(i + 1, { type: 'TextReply', text: String(i) })
  );
  const state = reduce(INITIAL, events);
  expect(state.blocks).toHaveLength(MAX_BLOCKS);
  expect(state.dropped).toBe(7);
});

test('ten thousand events take a moment, not seconds', () => {
  const events = Array.from({ length: 10_000 }, (_, i) => output(i + 1, 'x\n'));
  const begin = performance.now();
  for (let i = 0; i < events.length; i += 20) {
    reduce(INITIAL, events.slice(i, i + 20));
  }
  reduce(INITIAL, events);
  expect(performance.now() - begin).toBeLessThan(1000);
});

import { INITIAL, reduce, withTask } from '../src/view/state';
import { isFinal, MAX_TRANSCRIPT, transcript } from '../src/view/transcript';
import { golden, output, running } from './golden';

function read(name: string) {
  const { task, events } = golden(name);
  return transcript(reduce(withTask(INITIAL, task), events), 0);
}

test('colours and carriage returns are resolved', () => {
  const { plain } = read('shell_task.jsonl');
  expect(plain).toBe(
    [
      './fetch.sh … — ERROR (exit_code) · 8.0 s · The command ended with exit code 3.',
      '',
      'ok plain orange true',
      '100%|██████████| 10/10',
      'half a line',
      'and <b>another</b>'
    ].join('\n')
  );
});

test('the Markdown is fenced, and its first line escaped', () => {
  const { markdown } = read('shell_task.jsonl');
  const [head, , ...body] = markdown.split('\n');
  expect(head).toMatch(/^\*\*\.\/fetch\.sh …\*\* — ERROR \(exit\\_code\)/);
  expect(body[0]).toBe('```text');
  expect(body[body.length - 1]).toBe('```');
});

test('nothing in the text closes the fence', () => {
  const state = reduce(withTask(INITIAL, running()), [output(1, '````\n')]);
  expect(transcript(state, 0).markdown).toMatch(/\n`{5}text\n````\n`{5}$/);
});

test('long text is cut in the middle, and says by how much', () => {
  const text = 'a'.repeat(MAX_TRANSCRIPT) + 'b'.repeat(2345);
  const state = reduce(withTask(INITIAL, running()), [output(1, text)]);
  const { plain } = transcript(state, 0);
  expect(plain.length).toBeLessThan(MAX_TRANSCRIPT + 200);
  expect(plain).toContain('\n… 2,345 characters left out …\n');
  expect(plain.endsWith('b')).toBe(true);
});

test('only a finished transcript is final', () => {
  expect(isFinal(read('shell_task.jsonl').plain)).toBe(true);
  expect(isFinal(read('notebook_task.jsonl').markdown)).toBe(true);
  const going = reduce(withTask(INITIAL, running()), [output(1, '— ERROR')]);
  expect(isFinal(transcript(going, 0).plain)).toBe(false);
  expect(isFinal(undefined)).toBe(false);
});

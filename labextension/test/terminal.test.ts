import {
  EMPTY,
  MAX_CHARACTERS,
  MAX_LINES,
  plainText,
  write,
  type Terminal
} from '../src/view/terminal';

const ESC = '\x1b';

function printed(...texts: string[]): Terminal {
  return texts.reduce(
    (terminal, text) => write(terminal, [{ text, error: false }]),
    EMPTY
  );
}

test.each([
  ['lines', 'a\nb\n', 'a\nb\n'],
  ['carriage return', 'abc\rX', 'Xbc'],
  ['carriage return and newline', 'abc\r\ndef', 'abc\ndef'],
  ['backspace', 'abc\b\bX', 'aXc'],
  ['tab', 'a\tb', 'a       b'],
  ['erase to the end', `abcdef\r${ESC}[Kxy`, 'xy'],
  ['erase the line', `abc${ESC}[2Kd`, '   d'],
  ['cursor up and over', `one\ntwo\n${ESC}[2A${ESC}[2KONE\n`, 'ONE\ntwo\n'],
  ['cursor up above the top', `${ESC}[9Ahere`, 'here'],
  ['previous line', `a\nb\n${ESC}[1FB`, 'a\nB\n'],
  ['column', `abc${ESC}[2GX`, 'aXc'],
  ['erase below', `a\nb\nc${ESC}[2A\r${ESC}[J`, ''],
  ['a title is not text', `${ESC}]0;title\x07x`, 'x'],
  ['a link is its text', `${ESC}]8;;http://a${ESC}\\x${ESC}]8;;${ESC}\\`, 'x'],
  ['private modes', `${ESC}[?25lx${ESC}[?25h`, 'x'],
  ['bells and nulls', 'a\x07\x00b', 'ab']
])('%s', (_, text, expected) => {
  expect(plainText(printed(text))).toBe(expected);
});

test('text means the same in whatever pieces it comes', () => {
  const text = `${ESC}[31mred${ESC}[0m\r${ESC}[38;5;208mo${ESC}]0;t\x07\nx`;
  const whole = printed(text);
  for (let i = 0; i <= text.length; i++) {
    const split = printed(text.slice(0, i), text.slice(i));
    expect(split.lines).toEqual(whole.lines);
  }
});

test('colours: 16, 256, true, bright; reset', () => {
  const styles = printed(
    `${ESC}[31ma${ESC}[94mb${ESC}[38;5;208mc${ESC}[38;5;3md${ESC}[48;2;1;2;3me${ESC}[mf`
  ).lines[0]!.map(span => span.style);
  expect(styles).toEqual([
    { fg: 1 },
    { fg: 12 },
    { fg: '#ff8700' },
    { fg: 3 },
    { fg: 3, bg: '#010203' },
    {}
  ]);
});

test('a progress bar redraws itself', () => {
  const steps = Array.from(
    { length: 100 },
    (_, i) => `\r${i}%|${'#'.repeat(i)}`
  );
  const terminal = printed(...steps, '\n');
  expect(terminal.lines).toHaveLength(2);
  expect(plainText(terminal)).toMatch(/^99%\|#{99}\n$/);
});

test('stderr is marked, and shares the screen', () => {
  const terminal = write(EMPTY, [
    { text: 'out ', error: false },
    { text: 'err', error: true }
  ]);
  expect(terminal.lines).toEqual([
    [
      { text: 'out ', style: {} },
      { text: 'err', style: { error: true } }
    ]
  ]);
});

test('lines that did not change stay the same values', () => {
  const before = printed('one\ntwo\n');
  const after = write(before, [{ text: 'three\n', error: false }]);
  expect(after.lines[0]).toBe(before.lines[0]);
  expect(before.lines).toHaveLength(3);
});

test('lines are bounded, and it says how many went', () => {
  const count = MAX_LINES + 50;
  const terminal = printed('x\n'.repeat(count));
  expect(terminal.lines).toHaveLength(MAX_LINES);
  expect(terminal.dropped).toBe(count + 1 - MAX_LINES);
});

test('characters are bounded', () => {
  const line = 'y'.repeat(10_000);
  const terminal = printed(`${line}\n`.repeat(500));
  expect(terminal.size).toBeLessThanOrEqual(MAX_CHARACTERS);
  expect(terminal.dropped).toBeGreaterThan(0);
});

test('a bar that redraws for ever does not push lines out', () => {
  let terminal = printed('kept\n');
  for (let i = 0; i < 200; i++) {
    const text = `\r${'z'.repeat(15_000)}`.repeat(2);
    terminal = write(terminal, [{ text, error: false }]);
  }
  expect(terminal.dropped).toBe(0);
  expect(plainText(terminal)).toMatch(/^kept\n/);
});

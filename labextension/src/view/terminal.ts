/**
 * Printed text as a terminal would show it: colours, and the control characters by which progress bars redraw
 * themselves. A terminal is a value; writing makes another, in which the lines that did not change are the same.
 */
import { applySgr, PLAIN, sameStyle, type Style } from './ansi';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export interface Terminal {
  readonly lines: readonly Line[];
  /** How many lines at the top are no longer kept. */
  readonly dropped: number;
  readonly row: number;
  readonly column: number;
  readonly style: Style;
  /** The beginning of a sequence whose end has not come yet. */
  readonly rest: string;
  /** About how many characters are kept. */
  readonly size: number;
}

export interface Piece {
  readonly text: string;
  readonly error: boolean;
}

export const MAX_LINES = 10_000;
export const MAX_CHARACTERS = 4_000_000;
const MAX_COLUMNS = 20_000;
const MAX_REST = 256;
const TAB = 8;

export const EMPTY: Terminal = {
  lines: [[]],
  dropped: 0,
  row: 0,
  column: 0,
  style: PLAIN,
  rest: '',
  size: 0
};

/* eslint-disable no-control-regex -- control characters are what this reads */
const TOKEN =
  /\x1b\[([0-9;:?<=>]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]|[^\x00-\x1f\x7f]+|[\x00-\x1f\x7f]/g;
const UNFINISHED = /\x1b(?:\[[0-9;:?<=>]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)?$/;
const CONTROL = /^[\x00-\x1f\x7f]/;
/* eslint-enable no-control-regex */

/** The terminal after some pieces of text. */
export function write(terminal: Terminal, pieces: readonly Piece[]): Terminal {
  const writer = new Writer(terminal);
  for (const piece of pieces) {
    writer.write(piece);
  }
  return writer.done();
}

/** Its text, without colours; lines end without trailing blanks. */
export function plainText(terminal: Terminal): string {
  return terminal.lines
    .map(line => line.map(span => span.text).join(''))
    .map(line => line.trimEnd())
    .join('\n');
}

class Writer {
  constructor(before: Terminal) {
    this._lines = before.lines.slice();
    this._dropped = before.dropped;
    this._row = before.row;
    this._column = before.column;
    this._style = before.style;
    this._rest = before.rest;
    this._size = before.size;
  }

  write(piece: Piece): void {
    let text = this._rest + piece.text;
    const open = UNFINISHED.exec(text);
    this._rest = open && open[0].length <= MAX_REST ? open[0] : '';
    text = text.slice(0, text.length - this._rest.length);
    for (const token of text.matchAll(TOKEN)) {
      const [whole, parameters, final] = token;
      if (final !== undefined) {
        this._control(parameters ?? '', final);
      } else if (!CONTROL.test(whole)) {
        this._put(whole, piece.error);
      } else if (whole.length === 1) {
        this._character(whole);
      }
    }
    this._bound();
  }

  done(): Terminal {
    return {
      lines: this._lines,
      dropped: this._dropped,
      row: this._row,
      column: this._column,
      style: this._style,
      rest: this._rest,
      size: this._size
    };
  }

  private _character(character: string): void {
    if (character === '\n') {
      this._move(this._row + 1, 0);
    } else if (character === '\r') {
      this._column = 0;
    } else if (character === '\b') {
      this._column = Math.max(0, this._column - 1);
    } else if (character === '\t') {
      const stop = (Math.floor(this._column / TAB) + 1) * TAB;
      this._put(' '.repeat(stop - this._column), false);
    }
  }

  private _control(parameters: string, final: string): void {
    const count = Math.max(1, parseInt(parameters, 10) || 1);
    switch (final) {
      case 'm':
        this._style = applySgr(this._style, parameters);
        break;
      case 'A':
        this._move(this._row - count, this._column);
        break;
      case 'B':
        this._move(Math.min(this._row + count, this._last), this._column);
        break;
      case 'C':
        this._column = Math.min(this._column + count, MAX_COLUMNS);
        break;
      case 'D':
        this._column = Math.max(0, this._column - count);
        break;
      case 'E':
        this._move(Math.min(this._row + count, this._last), 0);
        break;
      case 'F':
        this._move(this._row - count, 0);
        break;
      case 'G':
        this._column = Math.min(count - 1, MAX_COLUMNS);
        break;
      case 'J':
        this._eraseBelow(parameters);
        break;
      case 'K':
        this._eraseLine(parameters);
        break;
    }
  }

  private get _line(): Line {
    return this._lines[this._row]!;
  }

  private _set(line: Line): void {
    this._size += lengthOf(line) - lengthOf(this._line);
    this._lines[this._row] = line;
  }

  private get _last(): number {
    return this._lines.length - 1;
  }

  private _move(row: number, column: number): void {
    this._row = Math.max(0, row);
    this._column = column;
    while (this._last < this._row) {
      this._lines.push([]);
    }
  }

  private _put(text: string, error: boolean): void {
    const style = error ? { ...this._style, error } : this._style;
    for (let at = 0; at < text.length;) {
      if (this._column >= MAX_COLUMNS) {
        this._move(this._row + 1, 0);
      }
      const part = text.slice(at, at + MAX_COLUMNS - this._column);
      this._set(overwrite(this._line, this._column, { text: part, style }));
      this._column += part.length;
      at += part.length;
    }
  }

  private _eraseLine(mode: string): void {
    if (mode === '2') {
      this._set([]);
    } else if (mode === '1') {
      const text = ' '.repeat(this._column);
      this._set(overwrite(this._line, 0, { text, style: PLAIN }));
    } else {
      this._set(slice(this._line, 0, this._column));
    }
  }

  private _eraseBelow(mode: string): void {
    if (mode === '2' || mode === '3') {
      this._lines = [[]];
      this._row = this._column = this._size = 0;
    } else if (mode !== '1') {
      const below = this._lines.splice(this._row + 1);
      this._size -= below.reduce((sum, line) => sum + lengthOf(line), 0);
      this._eraseLine('');
    }
  }

  private _bound(): void {
    let drop = Math.max(0, this._lines.length - MAX_LINES);
    for (let i = 0; i < drop; i++) {
      this._size -= lengthOf(this._lines[i]!);
    }
    while (this._size > MAX_CHARACTERS && drop < this._last) {
      this._size -= lengthOf(this._lines[drop++]!);
    }
    if (drop > 0) {
      this._lines = this._lines.slice(drop);
      this._dropped += drop;
      this._row = Math.max(0, this._row - drop);
    }
  }

  private _lines: Line[];
  private _dropped: number;
  private _row: number;
  private _column: number;
  private _style: Style;
  private _rest: string;
  private _size: number;
}

function lengthOf(line: Line): number {
  return line.reduce((sum, span) => sum + span.text.length, 0);
}

function overwrite(line: Line, column: number, span: Span): Line {
  const length = lengthOf(line);
  if (column < length) {
    const right = slice(line, column + span.text.length, length);
    return [...slice(line, 0, column), span, ...right].reduce(joined, []);
  }
  const gap = { text: ' '.repeat(column - length), style: PLAIN };
  return [...line, gap, span].reduce(joined, []);
}

function joined(line: Span[], span: Span): Span[] {
  const last = line[line.length - 1];
  if (last && sameStyle(last.style, span.style)) {
    line[line.length - 1] = { text: last.text + span.text, style: last.style };
  } else if (span.text) {
    line.push(span);
  }
  return line;
}

function slice(line: Line, from: number, to: number): Span[] {
  const found: Span[] = [];
  let at = 0;
  for (const { text, style } of line) {
    const part = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (part) {
      found.push({ text: part, style });
    }
    at += text.length;
  }
  return found;
}

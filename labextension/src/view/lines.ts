/** Shows a terminal: a line an element; only lines that changed are drawn again. */
import type { Style } from './ansi';
import { button, h, setText, show } from './dom';
import type { Line, Terminal } from './terminal';

/** How many lines a folded text shows: its last. */
export const FOLDED_LINES = 24;

export class LinesView {
  constructor() {
    this.element = h('div', 'jpc-text');
    this._more = button('', () => this._toggle());
    this._more.classList.add('jpc-more');
    this._lines = h('div', 'jpc-lines');
    this.element.append(this._more, this._lines);
  }

  readonly element: HTMLElement;

  update(terminal: Terminal): void {
    if (terminal === this._terminal) {
      return;
    }
    this._terminal = terminal;
    const { lines, dropped } = terminal;
    const blank = lines.length > 1 && lines[lines.length - 1]!.length === 0;
    const count = blank ? lines.length - 1 : lines.length;
    const folds = count > FOLDED_LINES;
    const from = folds && !this._open ? count - FOLDED_LINES : 0;
    const below = atBottom(this._lines);
    this._draw(lines.slice(from, count), dropped + from);
    if (this._open && below) {
      this._lines.scrollTop = this._lines.scrollHeight;
    }
    show(this._more, folds || dropped > 0);
    setText(this._more, this._words(count, dropped));
    this._more.setAttribute('aria-expanded', String(this._open));
  }

  private _words(count: number, dropped: number): string {
    const all = `${count.toLocaleString('en-US')} lines`;
    const lost = dropped
      ? ` (the ${dropped.toLocaleString('en-US')} before them are no longer kept here)`
      : '';
    return (this._open ? 'Show less' : `Show all ${all}`) + lost;
  }

  private _toggle(): void {
    const terminal = this._terminal;
    this._open = !this._open;
    this.element.classList.toggle('jpc-open', this._open);
    this._terminal = null;
    if (terminal) {
      this.update(terminal);
    }
  }

  /** Make the elements show `lines`, the first of which has the number `first`. */
  private _draw(lines: readonly Line[], first: number): void {
    const parent = this._lines;
    if (first < this._first || first >= this._first + this._drawn.length) {
      parent.replaceChildren();
      this._drawn = [];
    } else {
      for (let i = this._first; i < first; i++) {
        parent.firstChild?.remove();
      }
      this._drawn = this._drawn.slice(first - this._first);
    }
    this._first = first;
    const common = Math.min(this._drawn.length, lines.length);
    for (let i = 0; i < common; i++) {
      if (this._drawn[i] !== lines[i]) {
        fill(parent.children[i] as HTMLElement, lines[i]!);
      }
    }
    while (parent.children.length > lines.length) {
      parent.lastChild?.remove();
    }
    const added = lines
      .slice(common)
      .map(line => fill(h('div', 'jpc-line'), line));
    parent.append(...added);
    this._drawn = lines;
  }

  private readonly _lines: HTMLElement;
  private readonly _more: HTMLButtonElement;
  private _terminal: Terminal | null = null;
  private _drawn: readonly Line[] = [];
  private _first = 0;
  private _open = false;
}

function atBottom(element: HTMLElement): boolean {
  const { scrollTop, clientHeight, scrollHeight } = element;
  return scrollTop + clientHeight >= scrollHeight - 4;
}

function fill(element: HTMLElement, line: Line): HTMLElement {
  const spans = line.map(({ text, style }) => styled(text, style));
  element.replaceChildren(...spans);
  element.classList.toggle(
    'jpc-stderr',
    line.some(span => span.style.error)
  );
  return element;
}

function styled(text: string, style: Style): Node {
  const classes = classNames(style);
  const { fg, bg } = style;
  const colored = typeof fg === 'string' || typeof bg === 'string';
  if (!classes && !colored) {
    return document.createTextNode(text);
  }
  const span = h('span', classes, text);
  if (typeof fg === 'string') {
    span.style.setProperty(style.inverse ? 'background-color' : 'color', fg);
  }
  if (typeof bg === 'string') {
    span.style.setProperty(style.inverse ? 'color' : 'background-color', bg);
  }
  return span;
}

function classNames(style: Style): string {
  const { inverse } = style;
  const [front, back] = inverse ? ['bg', 'fg'] : ['fg', 'bg'];
  return [
    typeof style.fg === 'number' && `jpc-${front}-${style.fg}`,
    typeof style.bg === 'number' && `jpc-${back}-${style.bg}`,
    inverse && 'jpc-inverse',
    style.bold && 'jpc-bold',
    style.dim && 'jpc-dim',
    style.italic && 'jpc-italic',
    style.underline && 'jpc-underline',
    style.strike && 'jpc-strike'
  ]
    .filter(Boolean)
    .join(' ');
}

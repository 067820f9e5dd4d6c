/** Draws MIME bundles where no JupyterLab is: pictures, text, and HTML in a frame that can do nothing. */
import type { MimeBundle } from './blocks';
import { h } from './dom';
import type { Rendered } from './host';
import { LinesView } from './lines';
import { EMPTY, write } from './terminal';

type Draw = (text: string, mimeType: string) => HTMLElement;

/** The richest first. */
const RENDERERS: [mimeType: string, draw: Draw][] = [
  ['image/svg+xml', (text, type) => picture(type, encodeURIComponent(text))],
  ['image/png', (text, type) => picture(`${type};base64`, text)],
  ['image/jpeg', (text, type) => picture(`${type};base64`, text)],
  ['image/gif', (text, type) => picture(`${type};base64`, text)],
  ['text/html', frame],
  ['text/markdown', lines],
  ['text/latex', lines],
  ['text/plain', lines],
  ['application/json', lines]
];

export function renderPlain(data: MimeBundle): Promise<Rendered> {
  for (const [mimeType, draw] of RENDERERS) {
    const value = data[mimeType];
    if (value !== undefined && value !== null) {
      const text = textOf(value);
      const element = draw(text, mimeType);
      return rendered(element, () => fillFrame(element, text));
    }
  }
  const types = Object.keys(data).join(', ');
  return rendered(h('div', 'jpc-quiet', `No way to show ${types} here`));
}

function rendered(
  element: HTMLElement,
  placed: () => void = () => undefined
): Promise<Rendered> {
  return Promise.resolve({ element, placed, dispose: () => undefined });
}

/** Text may come as lines, as in a notebook's file. */
function textOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  return Array.isArray(value) && value.every(part => typeof part === 'string')
    ? value.join('')
    : JSON.stringify(value, null, 2);
}

function picture(type: string, content: string): HTMLElement {
  const image = h('img', 'jpc-picture');
  image.src = `data:${type},${content.replace(/\s/g, '')}`;
  image.alt = '';
  return image;
}

const FRAME_STYLE =
  'body{font:13px system-ui,sans-serif;margin:4px}' +
  'table{border-collapse:collapse}th,td{padding:.25em .6em;text-align:right}';
const ROWS = /<(?:tr|li|p|br|div|h[1-6]|pre)\b/gi;
const ROW_HEIGHT = 26;
const [LEAST_ROWS, MOST_ROWS] = [2, 14];

/** No script runs in it, and it is of no origin; so nobody can measure it, and its height is a guess by its rows. */
function frame(text: string): HTMLElement {
  const element = h('iframe', 'jpc-frame');
  const rows = (text.match(ROWS)?.length ?? 0) + 1;
  const shown = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, rows));
  element.style.height = `${shown * ROW_HEIGHT}px`;
  element.setAttribute('sandbox', '');
  element.title = 'Output';
  return element;
}

/** Begin a frame's page, in the colour of the page around it. */
function fillFrame(element: HTMLElement, text: string): void {
  if (element instanceof HTMLIFrameElement) {
    const { color } = getComputedStyle(element);
    element.srcdoc = `<style>${FRAME_STYLE}body{color:${color}}</style>${text}`;
  }
}

function lines(text: string): HTMLElement {
  const view = new LinesView();
  view.update(write(EMPTY, [{ text, error: false }]));
  return view.element;
}

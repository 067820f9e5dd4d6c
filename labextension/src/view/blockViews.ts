/** One view for each kind of block. */
import type {
  ApprovalBlock,
  Block,
  DisplayBlock,
  GapBlock,
  MessageBlock,
  PlanBlock,
  ReplyBlock,
  ToolBlock
} from './blocks';
import { button, h } from './dom';
import type { Host } from './host';
import { LinesView } from './lines';
import { MimeSlot } from './mime';

export interface BlockView {
  readonly element: HTMLElement;
  update(block: Block): void;
  dispose(): void;
}

/** A view for a block, that shows it already. */
export function blockView(block: Block, host: Host): BlockView {
  const view = create(block, host);
  view.element.classList.add('jpc-block', `jpc-block-${block.kind}`);
  view.update(block);
  return view;
}

function create(block: Block, host: Host): BlockView {
  switch (block.kind) {
    case 'text':
    case 'error': {
      const lines = new LinesView();
      return simple(lines.element, (next: typeof block) =>
        lines.update(next.terminal)
      );
    }
    case 'display': {
      const slot = new MimeSlot(host);
      const draw = (next: DisplayBlock) => slot.show(next.data, next.metadata);
      return simple(slot.element, draw, () => slot.dispose());
    }
    case 'reply':
    case 'thought':
      return markdown(host, (next: ReplyBlock) => [next.text, next.open]);
    case 'message':
      return message(host);
    case 'tool':
      return simple(h('details', 'jpc-details'), drawTool);
    case 'approval':
      return simple(h('div', 'jpc-approval'), drawApproval);
    case 'plan':
      return simple(h('ul', 'jpc-plan'), drawPlan);
    case 'gap':
      return gap(host);
    default:
      return simple(h('div', 'jpc-word'), (element: typeof block, at) =>
        at.replaceChildren(element.text)
      );
  }
}

/** A view that draws into one element. The block is always of the kind it was made for. */
function simple<B extends Block, E extends HTMLElement>(
  element: E,
  draw: (block: B, element: E) => void,
  dispose: () => void = () => undefined
): BlockView {
  let shown: Block | null = null;
  const update = (block: Block) => {
    if (block !== shown) {
      shown = block;
      draw(block as B, element);
    }
  };
  return { element, update, dispose };
}

/** Text without a sign of Markdown is shown as it is: a ticker's thousand ticks need no renderer. */
const PLAIN = /^[^\n*_`#<>[\]$|~\\&!+=]*$/;

function markdown<B extends Block>(
  host: Host,
  read: (block: B) => [text: string, open: boolean]
): BlockView {
  const slot = new MimeSlot(host);
  const draw = (block: B) => {
    const [text, open] = read(block);
    if (open || PLAIN.test(text)) {
      slot.element.replaceChildren(h('p', 'jpc-prose', text));
    } else {
      slot.show({ 'text/markdown': text, 'text/plain': text });
    }
  };
  return simple(slot.element, draw, () => slot.dispose());
}

function message(host: Host): BlockView {
  const text = markdown(host, (block: MessageBlock) => [
    block.message.content,
    false
  ]);
  const role = h('div', 'jpc-role');
  const draw = (block: MessageBlock) => {
    role.textContent = block.message.role;
    text.update(block);
  };
  const element = h('div', 'jpc-message', role, text.element);
  return simple(element, draw, () => text.dispose());
}

function drawTool({ call, result }: ToolBlock, element: HTMLElement): void {
  const state = result === null ? 'running' : result.is_error ? 'failed' : '';
  const name = call.title ?? call.name;
  element.replaceChildren(
    h('summary', '', name, state && h('span', 'jpc-quiet', ` · ${state}`)),
    h('div', 'jpc-lines', JSON.stringify(call.arguments, null, 2)),
    result ? h('div', 'jpc-lines', result.content) : ''
  );
}

function drawApproval(block: ApprovalBlock, element: HTMLElement): void {
  const { request, response } = block;
  const answer =
    response === null
      ? 'waits for an answer'
      : response.approved
        ? 'approved'
        : 'denied';
  element.replaceChildren(
    h('span', '', request.title),
    h('span', 'jpc-quiet', ` · ${answer}`)
  );
}

function drawPlan({ plan }: PlanBlock, element: HTMLElement): void {
  const entries = plan.entries.map(entry => {
    const item = h('li', '', entry.content);
    item.dataset['status'] = entry.status;
    return item;
  });
  element.replaceChildren(...entries);
}

function gap(host: Host): BlockView {
  const load = button('Show all', () => {
    load.disabled = true;
    load.textContent = 'Loading…';
    host.showAll?.().catch((reason: unknown) => {
      load.disabled = false;
      load.textContent = 'Show all';
      load.title = String(reason);
    });
  });
  const words = h('span', 'jpc-quiet');
  const draw = ({ count }: GapBlock) => {
    words.textContent = `${count.toLocaleString('en-US')} events are not loaded `;
    load.hidden = !host.showAll;
  };
  return simple(h('div', 'jpc-gap', words, load), draw);
}

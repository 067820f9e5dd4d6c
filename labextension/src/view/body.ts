/** The blocks of a task, from the top to the bottom; of many, the last. */
import type { Block } from './blocks';
import { blockView, type BlockView } from './blockViews';
import { button, h, setText, show } from './dom';
import type { Host } from './host';

/** How many blocks a folded body shows: its last. */
export const FOLDED_BLOCKS = 40;

export class BodyView {
  constructor(private readonly _host: Host) {
    this._more = button('', () => this._toggle());
    this._more.classList.add('jpc-more');
    this._list = h('div', 'jpc-blocks');
    this.element = h('div', 'jpc-body', this._more, this._list);
  }

  readonly element: HTMLElement;

  update(blocks: readonly Block[], dropped: number): void {
    if (blocks === this._blocks) {
      return;
    }
    this._blocks = blocks;
    this._dropped = dropped;
    const folds = blocks.length > FOLDED_BLOCKS;
    const from = folds && !this._open ? blocks.length - FOLDED_BLOCKS : 0;
    this._draw(blocks.filter((block, i) => i >= from || block.kind === 'gap'));
    show(this.element, blocks.length > 0);
    show(this._more, folds || dropped > 0);
    setText(this._more, this._words(blocks.length));
    this._more.setAttribute('aria-expanded', String(this._open));
  }

  dispose(): void {
    this._views.forEach(view => view.dispose());
    this._views.clear();
  }

  private _words(count: number): string {
    const lost = this._dropped
      ? ` (the ${this._dropped.toLocaleString('en-US')} before them are no longer kept here)`
      : '';
    const all = `Show all ${count.toLocaleString('en-US')} parts`;
    return (this._open ? 'Show less' : all) + lost;
  }

  private _toggle(): void {
    const blocks = this._blocks;
    this._open = !this._open;
    this._blocks = [];
    this.update(blocks, this._dropped);
  }

  /** Make the list show these blocks; views of blocks that stay are kept where they are. */
  private _draw(blocks: readonly Block[]): void {
    const keys = new Set(blocks.map(block => block.key));
    for (const [key, view] of this._views) {
      if (!keys.has(key)) {
        view.element.remove();
        view.dispose();
        this._views.delete(key);
      }
    }
    let at = this._list.firstElementChild;
    for (const block of blocks) {
      const view = this._view(block);
      if (view.element === at) {
        at = at.nextElementSibling;
      } else {
        this._list.insertBefore(view.element, at);
      }
    }
  }

  private _view(block: Block): BlockView {
    const known = this._views.get(block.key);
    if (known) {
      known.update(block);
      return known;
    }
    const view = blockView(block, this._host);
    this._views.set(block.key, view);
    return view;
  }

  private readonly _list: HTMLElement;
  private readonly _more: HTMLButtonElement;
  private readonly _views = new Map<number, BlockView>();
  private _blocks: readonly Block[] = [];
  private _dropped = 0;
  private _open = false;
}

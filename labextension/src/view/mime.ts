/** A place for what the host draws. What was there stays until the next is ready, so that nothing flickers. */
import type { MimeBundle } from './blocks';
import { h } from './dom';
import type { Host, Rendered } from './host';

export class MimeSlot {
  constructor(private readonly _host: Host) {
    this.element = h('div', 'jpc-mime');
  }

  readonly element: HTMLElement;

  show(data: MimeBundle, metadata: MimeBundle = {}): void {
    const turn = ++this._turn;
    this._host.renderMime(data, metadata).then(
      rendered => {
        if (turn === this._turn) {
          this._place(rendered);
        } else {
          rendered.dispose();
        }
      },
      (reason: unknown) => {
        if (turn === this._turn) {
          this._place(failed(reason));
        }
      }
    );
  }

  dispose(): void {
    this._turn++;
    this._rendered?.dispose();
    this._rendered = null;
  }

  private _place(rendered: Rendered): void {
    this._rendered?.dispose();
    this._rendered = rendered;
    this.element.replaceChildren(rendered.element);
    rendered.placed?.();
  }

  private _turn = 0;
  private _rendered: Rendered | null = null;
}

function failed(reason: unknown): Rendered {
  const text = `This output cannot be shown: ${String(reason)}`;
  return { element: h('div', 'jpc-quiet', text), dispose: () => undefined };
}

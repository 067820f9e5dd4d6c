import { MessageLoop } from '@lumino/messaging';
import { Layout, Widget } from '@lumino/widgets';

/** Makes widgets whose nodes stand anywhere below their parent's hear what their parent hears: that they are shown. */
export class FreeLayout extends Layout {
  /** Adopt a widget whose node is on its place. */
  add(widget: Widget): void {
    this._widgets.add(widget);
    widget.parent = this.parent;
    if (this.parent?.isAttached) {
      MessageLoop.sendMessage(widget, Widget.Msg.AfterAttach);
    }
  }

  override removeWidget(widget: Widget): void {
    if (this._widgets.delete(widget) && this.parent?.isAttached) {
      MessageLoop.sendMessage(widget, Widget.Msg.BeforeDetach);
      widget.node.remove();
      MessageLoop.sendMessage(widget, Widget.Msg.AfterDetach);
    }
  }

  override [Symbol.iterator](): IterableIterator<Widget> {
    return this._widgets.values();
  }

  private readonly _widgets = new Set<Widget>();
}

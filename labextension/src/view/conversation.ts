/** A conversation: a section for each task, in the order they appear, and what is said between them. */
import type { Event, Message, Task } from '../api/types';
import { blockView, type BlockView } from './blockViews';
import { h } from './dom';
import type { Connection, Host } from './host';
import { TaskView } from './view';

export interface ConversationHost extends Omit<Host, 'cancel' | 'showAll'> {
  cancel(taskId: string): Promise<void>;
}

export class ConversationView {
  constructor(private readonly _host: ConversationHost) {
    this.element = h('div', 'jpc-conversation');
  }

  readonly element: HTMLElement;

  task(task: Task): void {
    this._section(task.id).task(task);
  }

  /** Events of the conversation, in order. */
  events(events: readonly Event[]): void {
    const batches = new Map<string, Event[]>();
    for (const event of events) {
      const { task_id: id } = event;
      if (id === null) {
        this._say(event);
        continue;
      }
      this._section(id);
      const batch = batches.get(id);
      batch ? batch.push(event) : batches.set(id, [event]);
    }
    for (const [id, batch] of batches) {
      this._section(id).events(batch);
    }
  }

  reset(): void {
    this._said.splice(0).forEach(view => {
      view.dispose();
      view.element.remove();
    });
    this._lastSeq = 0;
    this._tasks.forEach(view => view.reset());
  }

  connection(state: Connection, message = ''): void {
    this._connection = [state, message];
    this._tasks.forEach(view => view.connection(state, message));
  }

  dispose(): void {
    this._said.forEach(view => view.dispose());
    this._tasks.forEach(view => view.dispose());
    this.element.remove();
  }

  private _section(id: string): TaskView {
    const known = this._tasks.get(id);
    if (known) {
      return known;
    }
    const { _host: host } = this;
    const view = new TaskView({
      host: {
        cancel: () => host.cancel(id),
        renderMime: (data, metadata) => host.renderMime(data, metadata)
      }
    });
    view.connection(...this._connection);
    this._tasks.set(id, view);
    this.element.append(view.element);
    return view;
  }

  private _say(event: Event): void {
    if (event.seq !== null) {
      if (event.seq <= this._lastSeq) {
        return;
      }
      this._lastSeq = event.seq;
    }
    if (event.detail.type !== 'Message') {
      return;
    }
    const message = event.detail as Message;
    const host = { ...this._host, cancel: () => Promise.resolve() };
    const block = { kind: 'message', key: 0, cell: null, message } as const;
    const view = blockView(block, host);
    this._said.push(view);
    this.element.append(view.element);
  }

  private readonly _tasks = new Map<string, TaskView>();
  private readonly _said: BlockView[] = [];
  private _lastSeq = 0;
  private _connection: [Connection, string] = ['connecting', ''];
}

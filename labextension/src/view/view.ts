/**
 * The view of one task. A host tells it what happens (it is a `TaskSink`), and puts its `element` on the page.
 *
 * What is told is gathered and drawn once a frame; a hidden page is drawn seldom.
 */
import type { Event, Task } from '../api/types';
import { BodyView } from './body';
import { h, setText, show } from './dom';
import { spentText } from './format';
import { HeaderView } from './header';
import type { Connection, Host, TaskSink } from './host';
import {
  INITIAL,
  reduce,
  withGap,
  withoutEvents,
  withTask,
  type TaskState
} from './state';

export interface TaskViewOptions {
  readonly host: Host;
  /** Shown until the task itself is known. */
  readonly title?: string;
  /** What was kept of the task: shown while, or where, nothing better is had. */
  readonly transcript?: string;
  /** Called after a change was drawn. */
  readonly onDrawn?: (state: TaskState) => void;
}

/** So many events are not kept waiting for a frame. */
const MAX_WAITING = 5000;
const HIDDEN_MILLISECONDS = 500;

export class TaskView implements TaskSink {
  constructor(private readonly _options: TaskViewOptions) {
    const { host, title = 'Task', transcript = '' } = _options;
    this._header = new HeaderView(() => host.cancel(), title);
    this._body = new BodyView(host);
    this._kept = h('pre', 'jpc-kept', transcript);
    this._card = h(
      'div',
      'jpc-card',
      ...this._header.elements,
      this._body.element,
      this._foot
    );
    this.element = h('div', 'jpc-task', this._card, this._kept, this._notice);
    this.element.setAttribute('role', 'group');
    this._draw();
  }

  readonly element: HTMLElement;

  get state(): TaskState {
    return this._state;
  }

  task(task: Task): void {
    this._change(state => withTask(state, task));
  }

  events(events: readonly Event[]): void {
    for (const event of events) {
      this._waiting.push(event);
    }
    if (this._waiting.length > MAX_WAITING) {
      this._reduce();
    }
    this._schedule();
  }

  gap(count: number): void {
    this._change(state => withGap(state, count));
  }

  reset(): void {
    this._waiting = [];
    this._change(withoutEvents);
  }

  connection(state: Connection, message = ''): void {
    this._connection = state;
    this._words = message;
    this._schedule();
  }

  dispose(): void {
    this._disposed = true;
    this._header.dispose();
    this._body.dispose();
    this.element.remove();
  }

  private _change(change: (state: TaskState) => TaskState): void {
    this._reduce();
    this._state = change(this._state);
    this._schedule();
  }

  private _reduce(): void {
    if (this._waiting.length > 0) {
      this._state = reduce(this._state, this._waiting);
      this._waiting = [];
    }
  }

  private _schedule(): void {
    if (this._scheduled || this._disposed) {
      return;
    }
    this._scheduled = true;
    const run = () => {
      this._scheduled = false;
      if (!this._disposed) {
        this._draw();
      }
    };
    if (document.hidden) {
      window.setTimeout(run, HIDDEN_MILLISECONDS);
    } else {
      window.requestAnimationFrame(run);
    }
  }

  private _draw(): void {
    this._reduce();
    const state = this._state;
    const known = state.task !== null || state.blocks.length > 0;
    show(this._card, known || !this._options.transcript);
    show(this._kept, !known && !!this._options.transcript);
    this.element.dataset['status'] = state.status;
    this.element.setAttribute(
      'aria-label',
      `Task ${this._options.title ?? ''}`.trim()
    );
    this._header.update(state, this._connection);
    this._body.update(state.blocks, state.dropped);
    const foot = footText(state);
    setText(this._foot, foot);
    show(this._foot, foot !== '');
    setText(this._notice, this._words);
    show(this._notice, this._words !== '');
    this._options.onDrawn?.(state);
  }

  private readonly _header: HeaderView;
  private readonly _body: BodyView;
  private readonly _card: HTMLElement;
  private readonly _kept: HTMLElement;
  private readonly _foot = h('div', 'jpc-foot');
  private readonly _notice = h('div', 'jpc-notice');
  private _state: TaskState = INITIAL;
  private _connection: Connection = 'connecting';
  private _words = '';
  private _waiting: Event[] = [];
  private _scheduled = false;
  private _disposed = false;
}

function footText(state: TaskState): string {
  const files = Object.entries(state.files).map(
    ([path, change]) => `${path} ${change}`
  );
  const shown = files.slice(0, 5).join(', ');
  const more = files.length > 5 ? ` and ${files.length - 5} more files` : '';
  const spent = state.spent ? spentText(state.spent) : '';
  return [spent, shown + more].filter(Boolean).join(' — ');
}

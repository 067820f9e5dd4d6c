/** The first line of a task's view: how it does, what it is, how long it has taken, and the way to stop it. */
import { button, h, setText, show } from './dom';
import { duration, isCancellable, statusText, taskTitle } from './format';
import type { Connection } from './host';
import { isFinished, type TaskState } from './state';

export class HeaderView {
  constructor(
    private readonly _cancel: () => Promise<void>,
    private readonly _fallbackTitle: string
  ) {
    this._button = button('Cancel', () => this._press());
    this.element = h(
      'div',
      'jpc-header',
      h('span', 'jpc-dot'),
      this._status,
      this._title,
      this._connection,
      this._elapsed,
      this._button
    );
    this._progress.setAttribute('role', 'progressbar');
    this._progress.setAttribute('aria-label', 'Progress');
    this._progress.setAttribute('aria-valuemin', '0');
    this._progress.setAttribute('aria-valuemax', '100');
    this._announce.setAttribute('role', 'status');
    this._announce.setAttribute('aria-live', 'polite');
    this._error.setAttribute('role', 'alert');
  }

  /** The parts, from the top to the bottom. */
  get elements(): HTMLElement[] {
    return [
      this.element,
      this._progress,
      this._message,
      this._error,
      this._announce
    ];
  }

  update(state: TaskState, connection: Connection): void {
    const title = state.task ? taskTitle(state.task) : this._fallbackTitle;
    const finished = isFinished(state.status);
    const status = statusText(state.status, state.code);
    setText(this._status, status);
    setText(this._title, title);
    this._title.title = title;
    this._title.classList.toggle('jpc-code', isCode(state));
    setText(this._announce, `${title}: ${status}`);
    setText(this._message, state.message ?? '');
    show(this._message, !!state.message);
    this._message.classList.toggle('jpc-bad', state.status === 'ERROR');
    setText(this._connection, CONNECTION[connection] ?? '');
    show(this._connection, !finished && connection in CONNECTION);
    this._drawProgress(state.progress, finished);
    this._drawButton(state, finished);
    this._startedAt = state.startedAt;
    this._finishedAt = state.finishedAt;
    this._tick(!finished && connection !== 'detached');
    if (finished) {
      show(this._error, false);
    }
  }

  dispose(): void {
    window.clearInterval(this._timer);
  }

  private _drawProgress(progress: number | null, finished: boolean): void {
    show(this._progress, progress !== null && !finished);
    const percent = Math.round(Math.min(1, Math.max(0, progress ?? 0)) * 100);
    this._bar.style.width = `${percent}%`;
    this._progress.setAttribute('aria-valuenow', String(percent));
  }

  private _drawButton(state: TaskState, finished: boolean): void {
    const { task } = state;
    // Of a task of which only events are known nobody can say; it may be tried.
    const may = task ? isCancellable(task) : state.status !== 'PENDING';
    show(this._button, !finished && may);
    const asked = this._asked || state.status === 'CANCELLING';
    this._button.disabled = asked;
    setText(this._button, asked ? 'Cancelling…' : 'Cancel');
    const name = task ? taskTitle(task) : '';
    const label = `${asked ? 'Cancelling' : 'Cancel'} task ${name}`;
    this._button.setAttribute('aria-label', label);
  }

  private _press(): void {
    this._asked = true;
    this._button.disabled = true;
    setText(this._button, 'Cancelling…');
    show(this._error, false);
    this._cancel().catch((reason: unknown) => {
      this._asked = false;
      this._button.disabled = false;
      setText(this._button, 'Cancel');
      const message = reason instanceof Error ? reason.message : String(reason);
      setText(this._error, `Not cancelled: ${message}`);
      show(this._error, true);
    });
  }

  /** Keep the elapsed time right, while it runs. */
  private _tick(runs: boolean): void {
    const draw = () => {
      const from = this._startedAt;
      const to = this._finishedAt ?? (runs ? Date.now() : null);
      const known = from !== null && to !== null;
      setText(this._elapsed, known ? duration(to - from) : '');
    };
    draw();
    const ticking = this._timer !== undefined;
    if (runs && !ticking) {
      this._timer = window.setInterval(() => this._redraw(), 500);
    } else if (!runs && ticking) {
      window.clearInterval(this._timer);
      this._timer = undefined;
    }
    this._redraw = draw;
  }

  private readonly _status = h('span', 'jpc-status');
  private readonly _title = h('span', 'jpc-title');
  private readonly _connection = h('span', 'jpc-connection');
  private readonly _elapsed = h('span', 'jpc-elapsed');
  private readonly _bar = h('div', 'jpc-bar');
  private readonly _progress = h('div', 'jpc-progress', this._bar);
  private readonly _message = h('div', 'jpc-note');
  private readonly _error = hidden(h('div', 'jpc-note jpc-bad'));
  private readonly _announce = h('div', 'jpc-announce');
  private readonly _button: HTMLButtonElement;
  readonly element: HTMLElement;
  private _redraw: () => void = () => undefined;
  private _timer: number | undefined;
  private _asked = false;
  private _startedAt: number | null = null;
  private _finishedAt: number | null = null;
}

const CONNECTION: { [state in Connection]?: string } = {
  connecting: 'Connecting…',
  reconnecting: 'Reconnecting…',
  unreachable: 'Server not reachable',
  detached: 'Not connected'
};

function hidden<E extends HTMLElement>(element: E): E {
  element.hidden = true;
  return element;
}

function isCode(state: TaskState): boolean {
  const { task } = state;
  const type = task?.runnable.type;
  return !task?.title && (type === 'Shell' || type === 'Python');
}

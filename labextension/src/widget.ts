/** The view as a widget of a kernel, by anywidget: for VS Code, Colab, and wherever our JupyterLab extension is not. */
import type { Event, Task } from './api/types';
import { ConversationView } from './view/conversation';
import type { Connection } from './view/host';
import { OrderedEvents } from './view/ordered';
import { renderPlain } from './view/plainMime';
import { TaskView } from './view/view';

/** What is used of an anywidget model. */
export interface WidgetModel {
  get(name: 'mode'): 'task' | 'conversation';
  get(name: 'conversation_id' | 'task_id'): string | null;
  get(name: 'task'): Task | null;
  get(name: 'tail'): Event[];
  on(event: string, callback: (content: never) => void): void;
  off(event: string, callback: (content: never) => void): void;
  send(content: unknown): void;
}

type Told =
  | { kind: 'events'; events: Event[] }
  | { kind: 'task'; task: Task }
  | { kind: 'error'; message: string };

interface View {
  readonly element: HTMLElement;
  task(task: Task): void;
  events(events: readonly Event[]): void;
  reset(): void;
  connection(state: Connection, message?: string): void;
  dispose(): void;
}

/** A kernel that does not answer by then is taken for gone. */
const ANSWER_MILLISECONDS = 5000;

/** Tells a kernel to cancel, and waits for its word. */
class Cancels {
  constructor(private readonly _model: WidgetModel) {}

  ask(taskId?: string): Promise<void> {
    const task = taskId === undefined ? {} : { task_id: taskId };
    this._model.send({ kind: 'cancel', ...task });
    return new Promise((resolve, reject) => {
      this._waiting.push({ resolve, reject });
    });
  }

  refuse(message: string): boolean {
    const waiting = this._waiting.splice(0);
    waiting.forEach(({ reject }) => reject(new Error(message)));
    return waiting.length > 0;
  }

  accept(): void {
    this._waiting.splice(0).forEach(({ resolve }) => resolve());
  }

  private readonly _waiting: {
    resolve: () => void;
    reject: (reason: Error) => void;
  }[] = [];
}

function render({
  model,
  el
}: {
  model: WidgetModel;
  el: HTMLElement;
}): () => void {
  const cancels = new Cancels(model);
  const ordered = new OrderedEvents();
  const view = makeView(model, cancels);
  const tell = (events: readonly Event[]) => {
    const next = ordered.add(events);
    if (next.anew) {
      view.reset();
    }
    view.events(next.events);
  };
  const heard = () => {
    window.clearTimeout(timer);
    view.connection('live');
  };
  const onMessage = (told: Told) => {
    heard();
    switch (told.kind) {
      case 'events':
        return tell(told.events);
      case 'task':
        cancels.accept();
        return view.task(told.task);
      case 'error':
        if (!cancels.refuse(told.message)) {
          view.connection('live', told.message);
        }
    }
  };
  const onTask = () => {
    const task = model.get('task');
    if (task) {
      view.task(task);
    }
  };
  const timer = window.setTimeout(() => {
    const finished = model.get('task')?.finished_at;
    view.connection(finished ? 'live' : 'detached');
  }, ANSWER_MILLISECONDS);

  el.append(view.element);
  onTask();
  tell(model.get('tail') ?? []);
  model.on('msg:custom', onMessage);
  model.on('change:task', onTask);
  model.send({ kind: 'open', after_seq: 0 });
  return () => {
    window.clearTimeout(timer);
    model.off('msg:custom', onMessage);
    model.off('change:task', onTask);
    view.dispose();
  };
}

function makeView(model: WidgetModel, cancels: Cancels): View {
  if (model.get('mode') === 'conversation') {
    return new ConversationView({
      cancel: taskId => cancels.ask(taskId),
      renderMime: renderPlain
    });
  }
  const host = { cancel: () => cancels.ask(), renderMime: renderPlain };
  return new TaskView({ host });
}

export default { render };

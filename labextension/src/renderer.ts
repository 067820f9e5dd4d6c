/** Shows a task in a notebook's output, straight from the server: no kernel is asked. */
import { MimeModel, type IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ServerConnection } from '@jupyterlab/services';
import { Widget } from '@lumino/widgets';
import { cancelTask, countEvents, getTask, listEvents } from './api/requests';
import type { StreamPool } from './api/stream';
import { FreeLayout } from './freeLayout';
import { TaskSource, type TaskApi, type TaskIds } from './source';
import type { MimeBundle } from './view/blocks';
import { button, h } from './view/dom';
import type { Host, Rendered } from './view/host';
import { isFinished, type TaskState } from './view/state';
import { isFinal, transcript } from './view/transcript';
import { TaskView } from './view/view';

export const TASK_MIME_TYPE = 'application/vnd.jupyter-conv.task+json';

const WIDGET_MIME_TYPE = 'application/vnd.jupyter.widget-view+json';

export interface TaskRendererOptions {
  readonly rendermime: IRenderMimeRegistry;
  readonly settings: ServerConnection.ISettings;
  readonly pool: StreamPool;
}

interface TaskData extends TaskIds {
  readonly version: number;
  readonly title: string | null;
}

export class TaskRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly _options: TaskRendererOptions) {
    super();
    this.addClass('jpc-output');
    this.layout = this._children;
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._show(model);
    return Promise.resolve();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._clear();
      super.dispose();
    }
  }

  private _show(model: IRenderMime.IMimeModel): void {
    this._model = model;
    const data = model.data[TASK_MIME_TYPE];
    const shown = JSON.stringify([data, model.trusted]);
    if (shown === this._shown) {
      // Something else in the bundle has changed, its transcript for one; the view goes on.
      return;
    }
    this._shown = shown;
    this._clear();
    if (!isTaskData(data)) {
      this._showKept(model, 'This output is of a version that is not known.');
    } else if (model.trusted) {
      this._attach(model, data);
    } else {
      const live = button('Show the live task', () => {
        this._clear();
        this._attach(model, data);
      });
      this._showKept(model, 'This notebook is not trusted. ', live);
    }
  }

  private _attach(model: IRenderMime.IMimeModel, data: TaskData): void {
    const { settings, pool } = this._options;
    const host: Host = {
      cancel: () => source.cancel(),
      showAll: () => source.showAll(),
      renderMime: (bundle, metadata) => this._render(bundle, metadata)
    };
    const view = new TaskView({
      host,
      title: data.title ?? 'Task',
      transcript: keptText(model),
      onDrawn: state => this._keep(state)
    });
    const source = new TaskSource(serverApi(settings, data), pool, data, view);
    this.node.append(view.element);
    this._dispose = () => {
      source.dispose();
      view.dispose();
    };
  }

  private _showKept(
    model: IRenderMime.IMimeModel,
    words: string,
    more?: Node
  ): void {
    this.node.append(
      h(
        'div',
        'jpc-task',
        h('pre', 'jpc-kept', keptText(model)),
        h('div', 'jpc-notice', words, more)
      )
    );
  }

  private _clear(): void {
    this._dispose?.();
    this._dispose = null;
    this.node.replaceChildren();
  }

  /** A finished task's transcript stays in the notebook, for where nothing draws it. */
  private _keep(state: TaskState): void {
    const model = this._model;
    if (
      !model?.trusted ||
      !isFinished(state.status) ||
      state.task === null ||
      isFinal(model.data['text/plain'])
    ) {
      return;
    }
    const { plain, markdown } = transcript(state, Date.now());
    // The model tells its change at once, and asks us to render: the next call must find it done.
    model.setData({
      data: { ...model.data, 'text/plain': plain, 'text/markdown': markdown }
    });
  }

  private async _render(
    data: MimeBundle,
    metadata: MimeBundle
  ): Promise<Rendered> {
    const { rendermime } = this._options;
    const bundle = { ...data };
    // Its kernel is not this notebook's: the widget would wait for ever.
    delete bundle[WIDGET_MIME_TYPE];
    const mimeType = rendermime.preferredMimeType(bundle, 'ensure');
    if (!mimeType) {
      const types = Object.keys(data).join(', ');
      const element = h('div', 'jpc-quiet', `No way to show ${types}`);
      return { element, dispose: () => undefined };
    }
    const renderer = rendermime.createRenderer(mimeType);
    await renderer.renderModel(
      new MimeModel({ data: bundle, metadata, trusted: false })
    );
    return {
      element: renderer.node,
      placed: () => this._children.add(renderer),
      dispose: () => renderer.dispose()
    };
  }

  private readonly _children = new FreeLayout();
  private _model: IRenderMime.IMimeModel | null = null;
  private _shown: string | null = null;
  private _dispose: (() => void) | null = null;
}

function isTaskData(value: unknown): value is TaskData {
  const data = (value ?? {}) as Partial<TaskData>;
  return (
    data.version === 1 &&
    typeof data.conversation_id === 'string' &&
    typeof data.task_id === 'string'
  );
}

function keptText(model: IRenderMime.IMimeModel): string {
  const text = model.data['text/plain'];
  return Array.isArray(text)
    ? text.join('')
    : typeof text === 'string'
      ? text
      : '';
}

function serverApi(
  settings: ServerConnection.ISettings,
  { conversation_id, task_id }: TaskIds
): TaskApi {
  return {
    task: () => getTask(settings, conversation_id, task_id),
    cancel: () => cancelTask(settings, conversation_id, task_id),
    events: query => listEvents(settings, conversation_id, query),
    count: query => countEvents(settings, conversation_id, query)
  };
}

/** The plugins of jupyter_conv in JupyterLab. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { socketUrl } from './api/requests';
import { StreamPool } from './api/stream';
import { TASK_MIME_TYPE, TaskRenderer } from './renderer';

/** Before the widget manager's rank, -10: a task's bundle has a widget too, for where we are not. */
const RANK = -20;

const renderer: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-conv:renderer',
  description: 'Shows tasks in the outputs of notebooks.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (app: JupyterFrontEnd, registry: IRenderMimeRegistry) => {
    const settings = app.serviceManager.serverSettings;
    const pool = new StreamPool(
      (conversation, afterSeq) =>
        new settings.WebSocket(socketUrl(settings, conversation, afterSeq))
    );
    registry.addFactory(
      {
        // Safe: in a notebook that is not trusted it shows text, and waits to be asked.
        safe: true,
        mimeTypes: [TASK_MIME_TYPE],
        createRenderer: ({ resolver, linkHandler }) =>
          new TaskRenderer({
            rendermime: registry.clone({
              ...(resolver ? { resolver } : {}),
              ...(linkHandler ? { linkHandler } : {})
            }),
            settings,
            pool
          })
      },
      RANK
    );
  }
};

export default [renderer];

/** What each kind of detail does to a task's state. */
import type {
  Detail,
  DisplayData,
  Event,
  ExecuteResult,
  NotebookOutput,
  Output,
  TaskStatusUpdate
} from '../api/types';
import { isOutput, type Block, type DisplayBlock } from './blocks';
import { isFinished, type Draft } from './state';
import { EMPTY, write } from './terminal';

/** Apply one detail. `event` is its envelope. */
export function apply(draft: Draft, detail: Detail, event: Event): void {
  switch (detail.type) {
    case 'TaskStatusUpdate':
      return applyStatus(draft, detail, Date.parse(event.created_at));
    case 'Output':
      return applyOutput(draft, detail);
    case 'ClearOutput':
      if (detail.wait) {
        const { clearing } = draft.state;
        return draft.set({ clearing: [...clearing, detail.cell] });
      }
      draft.remove(block => isOutput(block) && block.cell === detail.cell);
      return;
    case 'TextDelta':
      return applyDelta(draft, detail.text);
    case 'TextReply':
      return applyReply(draft, detail.text);
    case 'Thought':
      return draft.add({
        kind: 'thought',
        cell: null,
        text: detail.text,
        open: false
      });
    case 'Message':
      return draft.add({ kind: 'message', cell: null, message: detail });
    case 'ToolCall':
      return draft.add({
        kind: 'tool',
        cell: null,
        call: detail,
        result: null
      });
    case 'ApprovalRequest':
      return draft.add({
        kind: 'approval',
        cell: null,
        request: detail,
        response: null
      });
    case 'Usage':
      return draft.spend(detail);
    case 'FileChange':
      return draft.set({
        files: { ...draft.state.files, [detail.path]: detail.change }
      });
    case 'Failure':
      return draft.add({ kind: 'failure', cell: null, text: detail.message });
    case 'Note':
      return draft.add({
        kind: 'note',
        cell: null,
        text: JSON.stringify(detail.data)
      });
    case 'ConversationStatusUpdate':
      return;
    default:
      return applyAnswer(draft, detail);
  }
}

/** Details that belong to an earlier block; and those of a later version. */
function applyAnswer(draft: Draft, detail: Detail): void {
  switch (detail.type) {
    case 'ToolResult':
      draft.replace(block =>
        block.kind === 'tool' && block.call.tool_call_id === detail.tool_call_id
          ? { ...block, result: detail }
          : null
      ) || draft.add({ kind: 'note', cell: null, text: detail.content });
      return;
    case 'ApprovalResponse':
      draft.replace(block =>
        block.kind === 'approval' &&
        block.request.request_id === detail.request_id
          ? { ...block, response: detail }
          : null
      );
      return;
    case 'Plan':
      draft.replace(block =>
        block.kind === 'plan' ? { ...block, plan: detail } : null
      ) || draft.add({ kind: 'plan', cell: null, plan: detail });
      return;
    default: {
      const { type } = detail as { type: string };
      const text = `An event of type ${type}, which this version does not show.`;
      draft.add({ kind: 'note', cell: null, text });
    }
  }
}

function applyStatus(draft: Draft, update: TaskStatusUpdate, at: number): void {
  const { state } = draft;
  if (update.status === 'RUNNING' && state.startedAt === null) {
    draft.set({ startedAt: at });
  }
  if (at < state.statusAt || isFinished(state.status)) {
    return;
  }
  const { status, code, message, progress } = update;
  draft.set({
    status,
    code,
    message,
    progress: progress ?? state.progress,
    statusAt: at,
    finishedAt: isFinished(status) ? at : null
  });
}

function applyDelta(draft: Draft, text: string): void {
  const last = draft.blocks[draft.blocks.length - 1];
  if (last?.kind === 'reply' && last.open) {
    draft.blocks.pop();
    draft.blocks.push({ ...last, text: last.text + text });
  } else {
    draft.add({ kind: 'reply', cell: null, text, open: true });
  }
}

/** The whole of a text takes the place of its pieces. */
function applyReply(draft: Draft, text: string): void {
  const closes = draft.replace(block =>
    block.kind === 'reply' && block.open
      ? { ...block, text, open: false }
      : null
  );
  if (!closes) {
    draft.add({ kind: 'reply', cell: null, text, open: false });
  }
}

function applyOutput(draft: Draft, detail: Output): void {
  const { output, cell } = detail;
  if (detail.update) {
    return updateDisplays(draft, detail);
  }
  const cleared = clear(draft, cell);
  head(draft, cell);
  switch (output.output_type) {
    case 'stream':
      return draft.print(
        { text: output.text, error: output.name === 'stderr' },
        cell
      );
    case 'error': {
      const { ename, evalue, traceback } = output;
      const text = traceback.join('\n') || `${ename}: ${evalue}`;
      const terminal = write(EMPTY, [{ text, error: false }]);
      return draft.add({
        kind: 'error',
        cell,
        name: ename,
        value: evalue,
        terminal
      });
    }
    default: {
      // A display that takes the place of a cleared one takes its key too, so that nothing flickers.
      const heir = cleared.find(block => block.kind === 'display');
      const block = display(output, detail);
      return draft.add(block, heir?.key);
    }
  }
}

function display(
  output: DisplayData | ExecuteResult,
  { display_id, cell }: Output
): Omit<DisplayBlock, 'key'> {
  return {
    kind: 'display',
    cell,
    displayId: display_id,
    data: output.data,
    metadata: output.metadata
  };
}

function updateDisplays(draft: Draft, { output, display_id }: Output): void {
  if (!isDisplay(output) || display_id === null) {
    return;
  }
  const { data, metadata } = output;
  draft.blocks.forEach((block, i) => {
    if (block.kind === 'display' && block.displayId === display_id) {
      draft.blocks[i] = { ...block, data, metadata };
    }
  });
}

function isDisplay(
  output: NotebookOutput
): output is DisplayData | ExecuteResult {
  return (
    output.output_type === 'display_data' ||
    output.output_type === 'execute_result'
  );
}

/** Do a clearing that waited for this output. */
function clear(draft: Draft, cell: number | null): Block[] {
  const { clearing } = draft.state;
  if (!clearing.includes(cell)) {
    return [];
  }
  draft.set({ clearing: clearing.filter(waiting => waiting !== cell) });
  return draft.remove(block => isOutput(block) && block.cell === cell);
}

/** Where the outputs of another notebook cell begin, say so. */
function head(draft: Draft, cell: number | null): void {
  if (cell === null) {
    return;
  }
  const last = draft.blocks[draft.blocks.length - 1];
  if (last?.cell !== cell) {
    draft.add({ kind: 'cell', cell, text: `Cell ${cell + 1}` });
  }
}

/** A task as text that can be read where nothing can be drawn: on a code host, in a diff, by a screen reader. */
import type { Block } from './blocks';
import { duration, taskTitle } from './format';
import type { TaskState } from './state';
import { plainText } from './terminal';

export interface Transcript {
  readonly plain: string;
  readonly markdown: string;
}

/** Longer text is cut in the middle. */
export const MAX_TRANSCRIPT = 10_000;

const FINAL = /^.*— (COMPLETED|ERROR|CANCELLED)\b/;

/** Whether a transcript's first line says that the task is finished. */
export function isFinal(transcript: unknown): boolean {
  return typeof transcript === 'string' && FINAL.test(transcript);
}

/** The transcript of a state; `now` is for the elapsed time of a task that runs. */
export function transcript(state: TaskState, now: number): Transcript {
  const title = state.task ? taskTitle(state.task) : 'Task';
  const parts = [`**${title.replaceAll('*', '\\*')}** — ${state.status}`];
  if (state.startedAt !== null) {
    parts.push(duration((state.finishedAt ?? now) - state.startedAt));
  }
  const head = parts.join(' · ');
  const words = state.blocks.map(blockText);
  if (state.status === 'ERROR' && state.message) {
    words.push(state.message);
  }
  const body = cut(words.filter(text => text.trim()).join('\n')).trimEnd();
  if (!body) {
    return { plain: head, markdown: head };
  }
  const fence = longestFence(body);
  return {
    plain: `${head}\n\n${body}`,
    markdown: `${head}\n\n${fence}text\n${body}\n${fence}`
  };
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'text':
    case 'error':
      return plainText(block.terminal).replace(/\n+$/, '');
    case 'display': {
      const text = block.data['text/plain'];
      const types = Object.keys(block.data).join(', ');
      return typeof text === 'string' ? text : `[${types}]`;
    }
    case 'message':
      return `${block.message.role}: ${block.message.content}`;
    case 'tool':
      return [
        `[${block.call.title ?? block.call.name}]`,
        block.result?.content ?? ''
      ].join('\n');
    case 'approval':
      return `[${block.request.title}]`;
    case 'plan':
      return block.plan.entries
        .map(entry => `- [${entry.status}] ${entry.content}`)
        .join('\n');
    case 'cell':
      return `# ${block.text}`;
    case 'gap':
      return `… ${block.count} events left out …`;
    default:
      return block.text;
  }
}

function cut(text: string): string {
  if (text.length <= MAX_TRANSCRIPT) {
    return text;
  }
  const half = MAX_TRANSCRIPT / 2;
  const left = (text.length - 2 * half).toLocaleString('en-US');
  const [head, tail] = [text.slice(0, half), text.slice(-half)];
  return `${head}\n… ${left} characters left out …\n${tail}`;
}

/** A fence that nothing in the text can close. */
function longestFence(text: string): string {
  const runs = text.match(/`{3,}/g) ?? [];
  return '`'.repeat(Math.max(3, ...runs.map(run => run.length + 1)));
}

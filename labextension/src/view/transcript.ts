/** A task as text that can be read where nothing can be drawn: on a code host, in a diff, by a screen reader. */
import type { Block } from './blocks';
import { durationWords, taskTitle } from './format';
import type { TaskState } from './state';
import { plainText } from './terminal';

export interface Transcript {
  readonly plain: string;
  readonly markdown: string;
}

/** Longer text is cut in the middle. */
export const MAX_TRANSCRIPT = 10_000;

const MAX_TITLE = 100;

const FINAL = /^.* — (COMPLETED|ERROR|CANCELLED)\b/;

/** Whether a transcript's first line says that the task is finished. */
export function isFinal(transcript: unknown): boolean {
  return typeof transcript === 'string' && FINAL.test(transcript);
}

/** The transcript of a state; `now` is for the elapsed time of a task that runs. */
export function transcript(state: TaskState, now: number): Transcript {
  const head = headline(state, now);
  const words = state.blocks.map(blockText);
  const body = cut(words.filter(text => text.trim()).join('\n')).trimEnd();
  const title = short(state.task ? taskTitle(state.task) : 'Task', MAX_TITLE);
  const plain = `${title} — ${head}`;
  const markdown = `**${escaped(title)}** — ${escaped(head)}`;
  if (!body) {
    return { plain, markdown };
  }
  const fence = longestFence(body);
  return {
    plain: `${plain}\n\n${body}`,
    markdown: `${markdown}\n\n${fence}text\n${body}\n${fence}`
  };
}

/** As `COMPLETED · 12 s`; with why, where it failed. */
function headline(state: TaskState, now: number): string {
  const { status, code, message, startedAt, finishedAt } = state;
  const parts = [
    code && status !== 'COMPLETED' ? `${status} (${code})` : status
  ];
  if (startedAt !== null) {
    parts.push(durationWords((finishedAt ?? now) - startedAt));
  }
  if (message && status !== 'COMPLETED') {
    parts.push(short(message, 300));
  }
  return parts.join(' · ');
}

function short(text: string, most: number): string {
  const [line = ''] = text.split('\n', 1);
  return line.length > most ? `${line.slice(0, most).trimEnd()} …` : line;
}

/** Text that Markdown shows as it stands. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>~$]/g, '\\$&');
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'text':
    case 'error':
      return plainText(block.terminal).replace(/\n+$/, '');
    case 'display': {
      const text = block.data['text/markdown'] ?? block.data['text/plain'];
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

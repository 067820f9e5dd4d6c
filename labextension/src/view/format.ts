/** Words and figures for people. */
import type { Runnable, Task, TaskStatus } from '../api/types';
import type { Spent } from './state';

const STATUS: { [status in TaskStatus]: string } = {
  PENDING: 'Pending',
  RUNNING: 'Running',
  COMPLETED: 'Completed',
  ERROR: 'Error',
  CANCELLING: 'Cancelling',
  CANCELLED: 'Cancelled'
};

/** A status, and the code where it says more. */
export function statusText(status: TaskStatus, code: string | null): string {
  const more = code?.replaceAll('_', ' ');
  return more && more !== status.toLowerCase() && status !== 'COMPLETED'
    ? `${STATUS[status]} · ${more}`
    : STATUS[status];
}

/** A duration in milliseconds, as `4.2 s`, `1:05` or `2:00:07`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60
  ];
  if (h > 0) {
    return `${h}:${two(m)}:${two(s)}`;
  }
  return m > 0 ? `${m}:${two(s)}` : `${s} s`;
}

/** A duration in milliseconds, as `4.2 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationWords(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  const whole = Math.round(seconds);
  if (whole < 60) {
    return seconds < 9.95 ? `${seconds.toFixed(1)} s` : `${whole} s`;
  }
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
}

/** A task's title: its own, or made of what it runs. */
export function taskTitle(task: Task): string {
  if (task.title) {
    return task.title;
  }
  const runnable = task.runnable as Runnable;
  switch (runnable.type) {
    case 'Shell':
      return firstLine(runnable.command);
    case 'Python':
      return firstLine(runnable.code);
    case 'Notebook':
      return runnable.path;
    case 'TextPrompt':
      return firstLine(runnable.text);
    case 'Ticker':
      return runnable.message;
    case 'Wait':
      return `Wait ${runnable.timeout} s`;
    default:
      return (runnable as { type: string }).type;
  }
}

function firstLine(text: string): string {
  const [first = '', ...more] = text.trim().split('\n');
  return more.length > 0 ? `${first} …` : first;
}

/** Whether the server would cancel it. */
export function isCancellable(task: Task): boolean {
  const { runnable } = task;
  return (
    runnable.type !== 'Wait' &&
    (runnable as { cancellable?: unknown }).cancellable !== false
  );
}

/** What model calls used, as `1,204 tokens · $0.0132`. */
export function spentText(spent: Spent): string {
  const { input = 0, output = 0, ...others } = spent.tokens;
  const sum =
    input + output || Object.values(others).reduce((a, b) => a + b, 0);
  const words = sum > 0 ? [`${sum.toLocaleString('en-US')} tokens`] : [];
  if (spent.cost !== null) {
    words.push(`$${spent.cost.toFixed(spent.cost < 1 ? 4 : 2)}`);
  }
  return words.join(' · ');
}

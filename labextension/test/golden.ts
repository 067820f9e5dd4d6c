/** Wire files that pytest reads too: a task, and its events. */
import { readFileSync } from 'fs';
import { join } from 'path';
import type { Event, Task } from '../src/api/types';

export function golden(name: string): { task: Task; events: Event[] } {
  const path = join(__dirname, '..', '..', 'tests', 'golden', name);
  const lines = readFileSync(path, 'utf-8').trim().split('\n');
  const [task, ...events] = lines.map(line => JSON.parse(line) as unknown);
  return { task: task as Task, events: events as Event[] };
}

/** A running task, and events of it, made up. */
export function running(): Task {
  const { task } = golden('shell_task.jsonl');
  return {
    ...task,
    status: 'RUNNING',
    code: null,
    message: null,
    finished_at: null,
    updated_at: task.started_at!
  };
}

export function output(seq: number | null, text: string): Event {
  return detail(seq, {
    type: 'Output',
    output: { output_type: 'stream', name: 'stdout', text },
    display_id: null,
    update: false,
    cell: null
  });
}

export function detail(seq: number | null, what: Event['detail']): Event {
  const { events } = golden('shell_task.jsonl');
  return { ...events[0]!, id: `event ${seq}`, seq, detail: what };
}

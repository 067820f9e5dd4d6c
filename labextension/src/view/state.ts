/** Events in, the state of a task's view out. Pure: the same events make the same state. */
import type { Detail, Event, Task, TaskStatus, Usage } from '../api/types';
import type { Block, NewBlock } from './blocks';
import { apply } from './details';
import { EMPTY, write, type Piece } from './terminal';

/** Older blocks are let go; the log keeps them. */
export const MAX_BLOCKS = 5000;

export interface Spent {
  readonly tokens: { readonly [kind: string]: number };
  /** US dollars; null while nothing tells it. */
  readonly cost: number | null;
}

export interface TaskState {
  readonly task: Task | null;
  readonly status: TaskStatus;
  readonly code: string | null;
  readonly message: string | null;
  readonly progress: number | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** When the status was as it is; what is older does not change it. */
  readonly statusAt: number;
  readonly lastSeq: number;
  readonly blocks: readonly Block[];
  /** How many blocks at the top are no longer kept. */
  readonly dropped: number;
  readonly nextKey: number;
  /** Cells whose outputs go when the next one comes. */
  readonly clearing: readonly (number | null)[];
  readonly spent: Spent | null;
  readonly files: { readonly [path: string]: string };
}

export const INITIAL: TaskState = {
  task: null,
  status: 'PENDING',
  code: null,
  message: null,
  progress: null,
  startedAt: null,
  finishedAt: null,
  statusAt: 0,
  lastSeq: 0,
  blocks: [],
  dropped: 0,
  nextKey: 1,
  clearing: [],
  spent: null,
  files: {}
};

export function isFinished(status: TaskStatus): boolean {
  return status === 'COMPLETED' || status === 'ERROR' || status === 'CANCELLED';
}

/** The state after a task's snapshot. It may be older or newer than the events. */
export function withTask(state: TaskState, task: Task): TaskState {
  const at = Date.parse(task.updated_at);
  if (at < state.statusAt || isFinished(state.status)) {
    // Events have told more of its life; its title and what it runs are in the snapshot alone.
    const ended = state.task !== null && isFinished(state.task.status);
    return { ...state, task: ended ? state.task : task };
  }
  return {
    ...state,
    task,
    status: task.status,
    code: task.code,
    message: task.message,
    progress: task.progress,
    statusAt: at,
    startedAt: time(task.started_at) ?? state.startedAt,
    finishedAt: time(task.finished_at) ?? state.finishedAt
  };
}

function time(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/** The state after some events of its task, in order; one that was there already changes nothing. */
export function reduce(state: TaskState, events: readonly Event[]): TaskState {
  const draft = new Draft(state);
  for (const event of events) {
    if (event.seq !== null) {
      if (event.seq <= draft.state.lastSeq) {
        continue;
      }
      draft.set({ lastSeq: event.seq });
    }
    apply(draft, event.detail as Detail, event);
  }
  return draft.done();
}

/** The state with a word that events in between were not loaded. */
export function withGap(state: TaskState, count: number): TaskState {
  const draft = new Draft(state);
  draft.add({ kind: 'gap', cell: null, count });
  return draft.done();
}

/** The state without its events, to be told them anew. */
export function withoutEvents(state: TaskState): TaskState {
  const { lastSeq, blocks, dropped, clearing, spent, files } = INITIAL;
  return { ...state, lastSeq, blocks, dropped, clearing, spent, files };
}

/** A state while one batch of events is applied: what is long is copied once for them all. */
export class Draft {
  constructor(state: TaskState) {
    this.state = state;
    this.blocks = state.blocks.slice();
  }

  state: TaskState;
  readonly blocks: Block[];

  set(change: Partial<TaskState>): void {
    this.state = { ...this.state, ...change };
  }

  /** Add a block at the bottom, under a new key or a given one. */
  add(block: NewBlock, key = this.state.nextKey): void {
    this.flush();
    if (key === this.state.nextKey) {
      this.set({ nextKey: key + 1 });
    }
    this.blocks.push({ ...block, key });
  }

  /** Put a block in the place of the last one that fits; says whether there was one. */
  replace(change: (block: Block) => Block | null): boolean {
    for (let i = this.blocks.length - 1; i >= 0; i--) {
      const changed = change(this.blocks[i]!);
      if (changed) {
        this.blocks[i] = changed;
        return true;
      }
    }
    return false;
  }

  /** Print: text that follows text is gathered, and written at once. */
  print(piece: Piece, cell: number | null): void {
    const last = this.blocks[this.blocks.length - 1];
    if (last?.kind !== 'text' || last.cell !== cell) {
      this.add({ kind: 'text', cell, terminal: EMPTY });
    }
    this._pieces.push(piece);
  }

  /** Take away blocks; returns them. */
  remove(which: (block: Block) => boolean): Block[] {
    this.flush();
    const gone = this.blocks.filter(which);
    const kept = this.blocks.filter(block => !which(block));
    this.blocks.splice(0, this.blocks.length, ...kept);
    return gone;
  }

  spend(usage: Usage): void {
    const { tokens, cost } = this.state.spent ?? { tokens: {}, cost: null };
    const sum = { ...tokens };
    for (const [kind, count] of Object.entries(usage.tokens)) {
      sum[kind] = (sum[kind] ?? 0) + count;
    }
    const total = usage.cost === null ? cost : (cost ?? 0) + usage.cost;
    this.set({ spent: { tokens: sum, cost: total } });
  }

  /** Write what was gathered into the last block. */
  flush(): void {
    const last = this.blocks[this.blocks.length - 1];
    if (this._pieces.length > 0 && last?.kind === 'text') {
      const terminal = write(last.terminal, this._pieces);
      this.blocks[this.blocks.length - 1] = { ...last, terminal };
    }
    this._pieces = [];
  }

  done(): TaskState {
    this.flush();
    const over = Math.max(0, this.blocks.length - MAX_BLOCKS);
    return {
      ...this.state,
      blocks: this.blocks.slice(over),
      dropped: this.state.dropped + over
    };
  }

  private _pieces: Piece[] = [];
}

/** What a task's view is made of, from the top to the bottom. */
import type {
  ApprovalRequest,
  ApprovalResponse,
  Json,
  Message,
  Plan,
  ToolCall,
  ToolResult
} from '../api/types';
import type { Terminal } from './terminal';

export type MimeBundle = { readonly [mimeType: string]: Json };

interface Base {
  /** Stays the same while the block lives; a view may keep what it made for it. */
  readonly key: number;
  /** The notebook cell that it comes from. */
  readonly cell: number | null;
}

export interface TextBlock extends Base {
  readonly kind: 'text';
  readonly terminal: Terminal;
}

export interface DisplayBlock extends Base {
  readonly kind: 'display';
  readonly displayId: string | null;
  readonly data: MimeBundle;
  readonly metadata: MimeBundle;
}

export interface ErrorBlock extends Base {
  readonly kind: 'error';
  readonly name: string;
  readonly value: string;
  readonly terminal: Terminal;
}

/** `open`: still being written. */
export interface ReplyBlock extends Base {
  readonly kind: 'reply' | 'thought';
  readonly text: string;
  readonly open: boolean;
}

export interface MessageBlock extends Base {
  readonly kind: 'message';
  readonly message: Message;
}

export interface ToolBlock extends Base {
  readonly kind: 'tool';
  readonly call: ToolCall;
  readonly result: ToolResult | null;
}

export interface ApprovalBlock extends Base {
  readonly kind: 'approval';
  readonly request: ApprovalRequest;
  readonly response: ApprovalResponse | null;
}

export interface PlanBlock extends Base {
  readonly kind: 'plan';
  readonly plan: Plan;
}

/** A word in passing: where a cell begins, what failed, what this version does not know. */
export interface NoteBlock extends Base {
  readonly kind: 'cell' | 'failure' | 'note';
  readonly text: string;
}

/** Events that are kept elsewhere, and were not loaded. */
export interface GapBlock extends Base {
  readonly kind: 'gap';
  readonly count: number;
}

export type Block =
  | TextBlock
  | DisplayBlock
  | ErrorBlock
  | ReplyBlock
  | MessageBlock
  | ToolBlock
  | ApprovalBlock
  | PlanBlock
  | NoteBlock
  | GapBlock;

type Without<T> = T extends Block ? Omit<T, 'key'> : never;

/** A block that has no key yet. */
export type NewBlock = Without<Block>;

/** Blocks that `ClearOutput` takes away. */
export function isOutput(block: Block): boolean {
  return (
    block.kind === 'text' || block.kind === 'display' || block.kind === 'error'
  );
}

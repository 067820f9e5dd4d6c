// Written by `python -m jupyter_conv.schema` from the models of the Python package; do not edit.

/** Any JSON value. */
export type Json =
  null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a task runs, of the types that this version knows. */
export type Runnable = Ticker | Wait | Shell | Python | Notebook | TextPrompt;

/** What an event says, of the types that this version knows. */
export type Detail =
  | ConversationStatusUpdate
  | TaskStatusUpdate
  | Message
  | TextReply
  | TextDelta
  | Output
  | ClearOutput
  | ToolCall
  | ToolResult
  | ApprovalRequest
  | ApprovalResponse
  | Thought
  | Plan
  | Usage
  | FileChange
  | Note
  | Failure;

/** One output of a cell. */
export type NotebookOutput = Stream | DisplayData | ExecuteResult | ErrorOutput;

/** One answer that may be given to an approval request. */
export interface ApprovalOption {
  id: string;
  name: string;
  kind: string | null;
}

/** A task waits for a person's leave. */
export interface ApprovalRequest {
  type: 'ApprovalRequest';
  request_id: string;
  title: string;
  tool_call_id: string | null;
  options: ApprovalOption[];
  expires_at: string | null;
}

/** A person's answer: one of the request's options, by its id; `reason` goes to the agent. */
export interface ApprovalResponse {
  type: 'ApprovalResponse';
  request_id: string;
  option_id: string | null;
  approved: boolean;
  reason: string | null;
}

/** The task's outputs so far (of that `cell`) are to be taken off the screen; with `wait`, when the next comes. */
export interface ClearOutput {
  type: 'ClearOutput';
  wait: boolean;
  cell: number | null;
}

/** One conversation, as it is now. */
export interface Conversation {
  id: string;
  status: ConversationStatus;
  title: string | null;
  message: string | null;
  owner: string;
  agent: string | null;
  workspace: Workspace;
  parent_conversation_id: string | null;
  sub_conversation_ids: string[];
  tags: { [key: string]: string };
  created_at: string;
  updated_at: string;
}

/** CREATING → READY → DESTROYING → DESTROYED; ERROR from any of them. */
export type ConversationStatus =
  'CREATING' | 'READY' | 'DESTROYING' | 'DESTROYED' | 'ERROR';

/** A conversation's status has changed; `message` says why where that needs saying. */
export interface ConversationStatusUpdate {
  type: 'ConversationStatusUpdate';
  conversation_id: string;
  status: ConversationStatus;
  message: string | null;
}

/** Something shown. */
export interface DisplayData {
  output_type: 'display_data';
  data: { [key: string]: Json };
  metadata: { [key: string]: Json };
}

/** The one body of every error. */
export interface ErrorBody {
  code: string;
  message: string;
  reason: string;
  detail: FieldError[] | Json;
}

/** An exception; `traceback` are lines with ANSI colours. */
export interface ErrorOutput {
  output_type: 'error';
  ename: string;
  evalue: string;
  traceback: string[];
}

/** One fact. `seq` numbers the events of a conversation from 1 without gaps; null is transient. */
export interface Event {
  id: string;
  conversation_id: string;
  seq: number | null;
  created_at: string;
  source: Source;
  task_id: string | null;
  detail: Detail | UnknownDetail;
}

/** The value of a cell. */
export interface ExecuteResult {
  output_type: 'execute_result';
  data: { [key: string]: Json };
  metadata: { [key: string]: Json };
  execution_count: number | null;
}

/** Something went wrong; `request_id` names the socket frame it answers, if one. */
export interface Failure {
  type: 'Failure';
  code: string;
  message: string;
  request_id: string | null;
}

/** What is wrong with one field: where it stands, a word for machines, a sentence. */
export interface FieldError {
  loc: (string | number)[];
  type: string;
  msg: string;
}

/** A file of the workspace has changed. */
export interface FileChange {
  type: 'FileChange';
  path: string;
  change: 'created' | 'modified' | 'deleted';
}

/** Something said, as Markdown. */
export interface Message {
  type: 'Message';
  role: 'user' | 'assistant' | 'system';
  content: string;
}

/** A client's own JSON, kept in order with all else. */
export interface Note {
  type: 'Note';
  data: Json;
}

/**
 * A notebook of the workspace, run from the first cell to the last in a kernel of its own.
 *
 * `parameters` are set after the cell tagged `parameters`, as papermill does.
 * `output_path`: where in the workspace the executed notebook is saved; null saves nothing.
 * `result`: `{"cells": int, "output_path": str?}`.
 */
export interface Notebook {
  type: 'Notebook';
  path: string;
  parameters: { [key: string]: Json };
  output_path: string | null;
  kernel_name: string | null;
}

/**
 * What code or a command put out, as nbformat holds it.
 *
 * A later output with the same `display_id` and `update: true` takes the place of the one before.
 * `cell` is the index of the notebook cell it comes from, counted from 0; null elsewhere.
 */
export interface Output {
  type: 'Output';
  output: NotebookOutput;
  display_id: string | null;
  update: boolean;
  cell: number | null;
}

/** What an agent means to do; takes the place of its plan before. */
export interface Plan {
  type: 'Plan';
  entries: PlanEntry[];
}

/** One step of a plan. */
export interface PlanEntry {
  content: string;
  status: string;
  priority: string | null;
}

/**
 * A runnable of a type that this package does not define, with its fields as they came.
 *
 * The runtime that is registered for the type checks them when the task is made.
 */
export interface PluginRunnable {
  type: string;
  [key: string]: Json;
}

/**
 * Code for the conversation's own kernel; what it defines stays for the next task.
 *
 * `kernel_name`: an installed kernel's name; null is the server's default.
 * `result`: `{"execution_count": int, "text": str?}`.
 */
export interface Python {
  type: 'Python';
  code: string;
  kernel_name: string | null;
}

/** A command for the shell, run in the workspace. `result`: `{"exit_code": int}`. */
export interface Shell {
  type: 'Shell';
  command: string;
}

/** Who says it. */
export type Source = 'user' | 'agent' | 'runtime' | 'system';

/** Text as it was printed, with its control characters. */
export interface Stream {
  output_type: 'stream';
  name: 'stdout' | 'stderr';
  text: string;
}

/**
 * One task, as it is now.
 *
 * `code` is a word for machines that says more than the status; `message` a sentence for people.
 * `progress` is 0..1, or null where nothing tells it. `delay` and `timeout` are seconds.
 */
export interface Task {
  id: string;
  conversation_id: string;
  runnable: Runnable | PluginRunnable;
  title: string | null;
  status: TaskStatus;
  code: string | null;
  message: string | null;
  progress: number | null;
  delay: number;
  timeout: number | null;
  result: Json;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  updated_at: string;
}

/** PENDING → RUNNING → COMPLETED | ERROR; CANCELLING → CANCELLED. */
export type TaskStatus =
  'PENDING' | 'RUNNING' | 'COMPLETED' | 'ERROR' | 'CANCELLING' | 'CANCELLED';

/** A task's status or progress has changed. There is one for every transition. */
export interface TaskStatusUpdate {
  type: 'TaskStatusUpdate';
  task_id: string;
  status: TaskStatus;
  code: string | null;
  progress: number | null;
  message: string | null;
}

/** A piece of a text that is still being written. Transient: the whole follows, and is kept. */
export interface TextDelta {
  type: 'TextDelta';
  text: string;
}

/** A prompt for the conversation's agent, or for the one named. */
export interface TextPrompt {
  type: 'TextPrompt';
  text: string;
  agent: string | null;
}

/** Text that a task answers with, as Markdown; a ticker's ticks too. */
export interface TextReply {
  type: 'TextReply';
  text: string;
}

/** What an agent thinks aloud. */
export interface Thought {
  type: 'Thought';
  text: string;
}

/** Says `message` every `interval` seconds, `iterations` times: for trying things out. */
export interface Ticker {
  type: 'Ticker';
  message: string;
  interval: number;
  iterations: number;
  cancellable: boolean;
}

/** An agent uses a tool. */
export interface ToolCall {
  type: 'ToolCall';
  tool_call_id: string;
  name: string;
  title: string | null;
  arguments: { [key: string]: Json };
}

/** What the tool answered. */
export interface ToolResult {
  type: 'ToolResult';
  tool_call_id: string;
  content: string;
  is_error: boolean;
}

/** A detail of a type that this version does not know, as it came. */
export interface UnknownDetail {
  type: string;
  [key: string]: Json;
}

/** What a model call used: tokens by kind (`input`, `output` …), cost in US dollars. */
export interface Usage {
  type: 'Usage';
  model: string;
  tokens: { [key: string]: number };
  cost: number | null;
}

/** Waits `timeout` seconds; cannot be cancelled. */
export interface Wait {
  type: 'Wait';
  timeout: number;
}

/**
 * Where a conversation's files are.
 *
 * `managed`: a directory of its own, that the server makes and may erase; `path` is null.
 * `attached`: an existing directory, `path` relative to the server's root, with `/`; never erased.
 */
export interface Workspace {
  type: 'managed' | 'attached';
  path: string | null;
}

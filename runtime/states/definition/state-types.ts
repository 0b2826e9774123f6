/** The types of a state machine's definition after it has been read and checked. */
import type { Amount } from '../data/amounts.ts';
import type { Json } from '../data/json.ts';
import type { Path } from '../data/paths.ts';
import type { Expression, Template } from '../data/templates.ts';
import type { Rule } from './choice.ts';
import type { Resource } from './resources.ts';
import type { Catcher, Retrier } from './retry.ts';

export interface StateMachine {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
  readonly timeoutSeconds: number | undefined;
}

export interface NextField {
  /** Undefined if the state ends its machine, branch or iteration. */
  readonly next: string | undefined;
}

/** A state's name, InputPath and OutputPath; a path of null leaves an empty object. */
export interface PathFields {
  readonly name: string;
  readonly inputPath: Path | null;
  readonly outputPath: Path | null;
}

/** What Task, Parallel and Map have in common. */
export interface SharedFields extends PathFields, NextField {
  readonly parameters: Template | undefined;
  readonly resultSelector: Template | undefined;
  readonly resultPath: Path | null;
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
}

export interface TaskState extends SharedFields {
  readonly type: 'Task';
  readonly resource: Resource;
  readonly timeoutSeconds: Amount | undefined;
}

export interface ParallelState extends SharedFields {
  readonly type: 'Parallel';
  readonly branches: readonly StateMachine[];
}

export interface PassState extends PathFields, NextField {
  readonly type: 'Pass';
  readonly parameters: Template | undefined;
  readonly result: Json | undefined;
  readonly resultPath: Path | null;
}

export interface ChoiceState extends PathFields {
  readonly type: 'Choice';
  readonly choices: readonly { readonly rule: Rule; readonly next: string }[];
  readonly otherwise: string | undefined;
}

export interface WaitState extends PathFields, NextField {
  readonly type: 'Wait';
  readonly until:
    | { readonly kind: 'seconds'; readonly seconds: Amount }
    | { readonly kind: 'timestamp'; readonly timestamp: string | Path };
}

interface SucceedState extends PathFields {
  readonly type: 'Succeed';
}

export interface FailState {
  readonly type: 'Fail';
  readonly name: string;
  readonly error: string | Expression | undefined;
  readonly cause: string | Expression | undefined;
}

export type State =
  | TaskState
  | ChoiceState
  | PassState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

export interface MapState extends SharedFields {
  readonly type: 'Map';
  readonly itemsPath: Path;
  readonly processor: StateMachine;
  readonly maxConcurrency: Amount | undefined;
  readonly distributed: Distribution | undefined;
}

export interface Distribution {
  readonly executionType: 'STANDARD' | 'EXPRESS';
  readonly label: string;
  readonly reader: Reader | undefined;
  readonly batcher: Batcher | undefined;
  readonly toleratedCount: Amount | undefined;
  readonly toleratedPercentage: Amount | undefined;
  readonly writer: Template | undefined;
}

export interface Reader {
  readonly parameters: Template;
  readonly maxItems: Amount | undefined;
}

export interface Batcher {
  readonly maxItems: Amount | undefined;
  readonly maxInputBytes: Amount | undefined;
  readonly input: Template | undefined;
}

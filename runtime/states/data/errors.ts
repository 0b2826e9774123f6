/** An error of the States Language: a name that Retry and Catch can match, and a cause for people. */
export class StateError extends Error {
  override readonly name: string = 'StateError';
  readonly error: string | undefined;
  override readonly cause: string | undefined;

  constructor(error: string | undefined, cause: string | undefined) {
    super(`${error ?? 'Failed'}: ${cause ?? ''}`);
    this.error = error;
    this.cause = cause;
  }
}

/** What a service call throws: the error name that Step Functions gives it, and its cause. */
export class TaskError extends StateError {
  override readonly name = 'TaskError';
}

/** The end of an execution that no state may retry or catch. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly outcome: 'TIMED_OUT' | 'ABORTED' | 'SUSPENDED';
  readonly error: string | undefined;
  override readonly cause: string | undefined;

  /** SUSPENDED: the runtime is stopping, and the next process restarts the execution. */
  constructor(outcome: 'TIMED_OUT' | 'ABORTED' | 'SUSPENDED', error?: string, cause?: string) {
    super(`The execution was ended: ${outcome}`);
    this.outcome = outcome;
    this.error = error;
    this.cause = cause;
  }
}

/** A definition that this runtime cannot run as AWS would. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
}

import { availableParallelism } from 'node:os';
import { ExecutionEnvironment, type FunctionCode } from './execution-environment.ts';
import type { LambdaFunction } from './functions.ts';

/** Lambda refuses the invocation: ReservedConcurrentExecutions are in use. */
export class TooManyRequestsError extends Error {
  override readonly name = 'TooManyRequestsException';
}

/** No process could be started: this machine is out of memory or of file descriptors. */
export class ServiceException extends Error {
  override readonly name = 'ServiceException';
}

export interface Invocation {
  readonly payload: unknown;
  /** Who invokes: a role's logical id. Callers get processes in turn. */
  readonly caller: string;
  /** An invocation whose signal aborts before its turn never begins. */
  readonly signal: AbortSignal;
  /** The caller's time limits. They stand still while the invocation waits for a process: on AWS it would not wait. */
  readonly clock: { stop(): void; start(): void };
}

interface Waiting extends Invocation {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** One process more than there are cores: while one waits for storage, another computes. */
const MAX_PROCESSES = availableParallelism() + 1;

/** The execution environments of one function: idle ones are used again, as on AWS. */
export class FunctionPool {
  readonly #lambda: LambdaFunction;
  readonly #code: FunctionCode;
  readonly #endpoints: Readonly<Record<string, string>>;
  readonly #environments = new Set<ExecutionEnvironment>();
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #runningOf = new Map<string, number>();
  #running = 0;
  #isRetired = false;

  /** @param endpoints environment variables that point the AWS SDK at this machine. */
  constructor(lambda: LambdaFunction, code: FunctionCode, endpoints: Readonly<Record<string, string>>) {
    this.#lambda = lambda;
    this.#code = code;
    this.#endpoints = endpoints;
  }

  /**
   * Resolves to the function's answer.
   * @throws FunctionError as Lambda reports the function's failure; TooManyRequestsError; ServiceException.
   */
  invoke(invocation: Invocation): Promise<unknown> {
    const { reservedConcurrency = Number.POSITIVE_INFINITY } = this.#lambda;
    if (this.#running + this.#waiting.length >= reservedConcurrency)
      return Promise.reject(
        new TooManyRequestsError('Rate Exceeded. (Service: Lambda, Status Code: 429, Request ID: local)'),
      );
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    invocation.clock.stop();
    this.#waiting.push({ ...invocation, resolve, reject });
    this.#serveNext();
    return promise;
  }

  /** Ends every process as soon as it is idle. Later invocations go to another pool. */
  retire(): void {
    this.#isRetired = true;
    for (const environment of [...this.#idle]) this.#forget(environment);
  }

  /** Ends every process at once, whatever it does. */
  stop(): void {
    this.#isRetired = true;
    for (const environment of this.#environments) environment.end();
  }

  #serveNext(): void {
    for (let next = this.#takeNext(); next; next = this.#takeNext()) void this.#serve(next);
  }

  /**
   * Takes the waiting invocation whose caller has the fewest running. A caller with none running gets a process even
   * beyond the bound, so that a single invocation never waits for many.
   */
  #takeNext(): Waiting | undefined {
    const running = ({ caller }: Invocation): number => this.#runningOf.get(caller) ?? 0;
    const [first, ...others] = this.#waiting;
    if (!first) return undefined;
    const next = others.reduce((least, other) => (running(other) < running(least) ? other : least), first);
    if (this.#running >= MAX_PROCESSES && running(next) > 0) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    return next;
  }

  async #serve({ payload, caller, signal, clock, resolve, reject }: Waiting): Promise<void> {
    clock.start();
    if (signal.aborted) return reject(signal.reason);
    let environment: ExecutionEnvironment;
    try {
      environment = this.#takeEnvironment();
    } catch (cause) {
      return reject(new ServiceException(`No process could be started: ${String(cause)}`, { cause }));
    }
    this.#count(caller, 1);
    try {
      resolve(await environment.invoke(payload));
    } catch (error) {
      reject(error);
    }
    this.#count(caller, -1);
    this.#giveBack(environment);
    this.#serveNext();
  }

  #count(caller: string, change: 1 | -1): void {
    this.#running += change;
    this.#runningOf.set(caller, (this.#runningOf.get(caller) ?? 0) + change);
  }

  #takeEnvironment(): ExecutionEnvironment {
    // A process may have died while it was idle.
    for (const dead of this.#idle.filter(({ isUsable }) => !isUsable)) this.#forget(dead);
    const idle = this.#idle.pop();
    if (idle) return idle;
    const environment = new ExecutionEnvironment(this.#lambda, this.#code, this.#endpoints);
    this.#environments.add(environment);
    return environment;
  }

  #giveBack(environment: ExecutionEnvironment): void {
    const isOneTooMany = this.#environments.size > MAX_PROCESSES + 1;
    if (environment.isUsable && !this.#isRetired && !isOneTooMany) this.#idle.push(environment);
    else this.#forget(environment);
  }

  #forget(environment: ExecutionEnvironment): void {
    environment.end();
    this.#environments.delete(environment);
    const position = this.#idle.indexOf(environment);
    if (position >= 0) this.#idle.splice(position, 1);
  }
}

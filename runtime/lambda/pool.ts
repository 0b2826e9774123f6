/**
 * Lambda on one machine: a real process for each concurrent invocation, reused, as execution environments are.
 * Covers: Handler, MemorySize, Timeout, Environment, ReservedConcurrentExecutions, the role's credentials, the context
 * object, and every error that Lambda itself gives (execution-environment.ts lists them). Where AWS would start one
 * more environment, this machine's processes are bounded and the invocation waits; its Task's and execution's clocks
 * wait with it.
 * Refuses nothing by itself: template/functions.ts refuses what the template may not say. Not here: versions, Event
 * invocations, response streaming.
 * Follows "Understanding the Lambda execution environment lifecycle" and "Lambda function scaling".
 */
import { availableParallelism } from 'node:os';
import type { Clock } from '../states/execution/waiting.ts';
import { ExecutionEnvironment, type FunctionCode } from './execution-environment.ts';
import type { LambdaFunction } from './functions.ts';

export { type FunctionCode, FunctionError } from './execution-environment.ts';

/** Lambda refuses to run one more: ReservedConcurrentExecutions are in use. */
export class TooManyRequestsError extends Error {
  override readonly name = 'TooManyRequestsException';
}

/** No process could be started: this machine is out of memory or of files. */
export class ServiceException extends Error {
  override readonly name = 'ServiceException';
}

export interface Invocation {
  readonly payload: unknown;
  /** Who invokes: a role's logical id. Callers get processes in turn. */
  readonly caller: string;
  /** Aborted before its turn, an invocation is never begun. */
  readonly signal: AbortSignal;
  /** Stopped while the invocation waits for a process: on AWS it would not have waited. */
  readonly clock: Clock;
}

interface Waiting extends Invocation {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** One process more than there are cores: while one waits for storage, another computes. */
const MAX_PROCESSES = availableParallelism() + 1;

/**
 * The execution environments of one function. A caller's first process is its own, at the usual priority; the further
 * ones are for whoever has more to do, and give way. Once several callers compute, the own process of one with more than
 * one invocation gives way as well: so a single upload during a bulk run is made nearly as fast as alone.
 */
export class FunctionPool {
  readonly #lambda: LambdaFunction;
  readonly #code: FunctionCode;
  readonly #endpoints: Readonly<Record<string, string>>;
  readonly #environments = new Set<ExecutionEnvironment>();
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #runningOf = new Map<string, number>();
  /** Running or waiting. */
  readonly #outstandingOf = new Map<string, number>();
  #running = 0;
  #isRetired = false;

  /** @param endpoints environment variables that point the AWS SDK at this machine. */
  constructor(lambda: LambdaFunction, code: FunctionCode, endpoints: Readonly<Record<string, string>>) {
    this.#lambda = lambda;
    this.#code = code;
    this.#endpoints = endpoints;
  }

  /**
   * Answers what the function answers.
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
    add(this.#outstandingOf, invocation.caller, 1);
    this.#letBulkGiveWay();
    this.#serveNext();
    return promise;
  }

  /** Ends every process as soon as it is idle: those who come later are served by another pool. */
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
   * Of those who wait, the one whose caller has the least running. A caller that has nothing running gets a process
   * even beyond the bound, so that a single upload never waits for a bulk run.
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
    if (signal.aborted) {
      add(this.#outstandingOf, caller, -1);
      return reject(signal.reason);
    }
    let environment: ExecutionEnvironment;
    try {
      environment = this.#takeEnvironment(caller);
    } catch (cause) {
      add(this.#outstandingOf, caller, -1);
      return reject(new ServiceException(`No process could be started: ${String(cause)}`, { cause }));
    }
    this.#count(caller, 1);
    try {
      resolve(await environment.invoke(payload));
    } catch (error) {
      reject(error);
    }
    this.#count(caller, -1);
    add(this.#outstandingOf, caller, -1);
    this.#giveBack(environment);
    this.#serveNext();
  }

  #count(caller: string, change: 1 | -1): void {
    this.#running += change;
    add(this.#runningOf, caller, change);
  }

  #takeEnvironment(caller: string): ExecutionEnvironment {
    // One that has died meanwhile is in nobody's way.
    for (const dead of this.#idle.filter(({ isUsable }) => !isUsable)) this.#forget(dead);
    const isAlone = this.#outstandingOf.get(caller) === 1;
    const own = this.#idle.find(({ owner }) => owner === caller);
    const shared = this.#idle.find(({ owner }) => owner === undefined);
    // Where nobody else computes, one that gives way is as good, and warm.
    const idle = isAlone ? (own ?? (this.#running === 0 ? shared : undefined)) : (shared ?? own);
    if (idle) {
      this.#idle.splice(this.#idle.indexOf(idle), 1);
      return idle;
    }
    const owner = isAlone ? caller : undefined;
    const environment = new ExecutionEnvironment(this.#lambda, this.#code, this.#endpoints, owner);
    this.#environments.add(environment);
    return environment;
  }

  /** Where several callers want to compute, none with more than one invocation has a process that goes before others. */
  #letBulkGiveWay(): void {
    if (this.#callersAtWork < 2) return;
    for (const environment of this.#environments) {
      const { owner } = environment;
      const isBulk = owner !== undefined && (this.#outstandingOf.get(owner) ?? 0) > 1;
      if (isBulk && !this.#idle.includes(environment)) environment.giveWay();
    }
  }

  get #callersAtWork(): number {
    return [...this.#outstandingOf.values()].filter((count) => count > 0).length;
  }

  #giveBack(environment: ExecutionEnvironment): void {
    const isOneTooMany = environment.owner === undefined && this.#countShared() > this.#mostShared;
    if (environment.isUsable && !this.#isRetired && !isOneTooMany) this.#idle.push(environment);
    else this.#forget(environment);
  }

  #countShared(): number {
    return [...this.#environments].filter(({ owner }) => owner === undefined).length;
  }

  /** Each further caller may have one running beyond the bound. */
  get #mostShared(): number {
    return MAX_PROCESSES + Math.max(0, this.#callersAtWork - 1);
  }

  #forget(environment: ExecutionEnvironment): void {
    environment.end();
    this.#environments.delete(environment);
    const position = this.#idle.indexOf(environment);
    if (position >= 0) this.#idle.splice(position, 1);
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  counts.set(key, (counts.get(key) ?? 0) + change);
}

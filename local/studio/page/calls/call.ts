/** A service answered with an error; `name` is that of the service. */
export class CallError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(status: number, name: string, message: string) {
    super(message);
    this.status = status;
    this.name = name;
  }
}

/** Nobody answers: the runtime or the network has stopped. */
export class StackUnreachableError extends Error {
  override readonly name = 'StackUnreachableError';
}

/** Long enough for a call of AWS, and short enough to say that nobody answers. */
const ANSWER_LIMIT_MS = 20_000;

type Listener = (problem: string | undefined) => void;
const listeners = new Set<Listener>();

/**
 * Tells whether calls get answers.
 * @param listener gets the reason why a call got none, and undefined for one that did.
 * @returns a function that ends it.
 */
export function onReachability(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Sends a request to the studio's server part.
 * @throws StackUnreachableError, CallError; AbortError if `init.signal` aborts.
 */
export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const limit = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, signal });
  } catch (error) {
    init.signal?.throwIfAborted();
    throw unreachable(error);
  }
  if (answer.ok || answer.status === 304) {
    tell(undefined);
    return answer;
  }
  throw errorOf(answer.status, await readText(answer, init.signal ?? undefined));
}

/**
 * Reads the rest of an answer, of which the connection may end in the middle.
 * @throws StackUnreachableError; the reason of `signal` if it aborts.
 */
export async function readText(answer: Response, signal?: AbortSignal): Promise<string> {
  try {
    return await answer.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(error);
  }
}

/** The error of an answer that is none of success. */
export function errorOf(status: number, text: string): CallError | StackUnreachableError {
  const { name, message } = readError(text);
  if (name === 'StackUnreachable') return unreachable(message);
  tell(undefined);
  return new CallError(
    status,
    name || `HTTP ${status}`,
    message || `The answer is ${status} without a reason.`,
  );
}

/** @param reason what the browser or the server part says. */
export function unreachable(reason: unknown): StackUnreachableError {
  const text =
    typeof reason === 'string'
      ? `The stack does not answer: ${reason}.`
      : 'The studio has stopped answering: is its command still running?';
  tell(text);
  return new StackUnreachableError(text);
}

function tell(problem: string | undefined): void {
  for (const listener of listeners) listener(problem);
}

/** The JSON of the services, of API Gateway and of the server part, or the XML of S3. */
function readError(text: string): { name: string; message: string } {
  if (text.trimStart().startsWith('<')) {
    const xml = new DOMParser().parseFromString(text, 'application/xml');
    const read = (tag: string) => xml.querySelector(tag)?.textContent ?? '';
    return { name: read('Code'), message: read('Message') };
  }
  const body = parseJson(text);
  const type = textAt(body, '__type') || textAt(body, 'error');
  return {
    name: type.replace(/^.*#/, ''),
    message: textAt(body, 'message') || textAt(body, 'Message'),
  };
}

/** @returns undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A member of an object; undefined for everything else. */
export function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}

export function textAt(value: unknown, key: string): string {
  const found = at(value, key);
  return typeof found === 'string' ? found : '';
}

export function numberAt(value: unknown, key: string): number {
  const found = at(value, key);
  return typeof found === 'number' ? found : 0;
}

export function listAt(value: unknown, key: string): readonly unknown[] {
  const found = at(value, key);
  return Array.isArray(found) ? found : [];
}

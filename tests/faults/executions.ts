import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** An execution that did not succeed: a rejected image, or an error after all attempts. */
export interface FailedExecution {
  readonly execution: string;
  readonly error: string;
  readonly message: string;
}

/**
 * Follows which executions of ResizeUploadStateMachine have ended: those that succeed write a line to the function's log,
 * and npm start prints a line for each of the others on standard error.
 */
export class Executions {
  readonly #log: AppendedFile;
  readonly #ended = new Set<string>();
  readonly #failed: FailedExecution[] = [];
  readonly #strangeLines: string[] = [];
  #heard = '';

  constructor(logFile: string) {
    this.#log = new AppendedFile(logFile);
  }

  /** Takes a part of the runtime's standard error. */
  hear(text: string): void {
    const lines = (this.#heard + text).split('\n');
    this.#heard = lines.pop() ?? '';
    for (const line of lines) {
      const [, error = '', cause = '', execution] = ENDED.exec(line) ?? [];
      if (execution === undefined) continue;
      this.#ended.add(execution);
      this.#failed.push({ execution, error, message: cause });
    }
  }

  /** How many executions have ended so far. */
  countEnded(): number {
    for (const line of this.#log.readLines()) {
      const execution = executionOf(line);
      if (execution !== undefined) this.#ended.add(execution);
      else if (!isErrorOfHandler(line)) this.#strangeLines.push(line);
    }
    return this.#ended.size;
  }

  close(): void {
    this.#log.close();
  }

  get failed(): readonly FailedExecution[] {
    return this.#failed;
  }

  /** Lines of the log that are none of the function's own: a crash, or a warning of a library. */
  get strangeLines(): readonly string[] {
    return this.#strangeLines;
  }
}

/** The ARN of an EXPRESS execution ends in its name and an id of its own. */
const ENDED = / {2}(?:refused|not processed[^:]*): ([\w.]+): (.*) \([\d.]+ s, execution ([^ ]+)\)$/;

function executionOf(line: string): string | undefined {
  try {
    const { status, execution }: { status?: unknown; execution?: unknown } = JSON.parse(line);
    return typeof status === 'string' && typeof execution === 'string' ? execution : undefined;
  } catch {
    return undefined;
  }
}

/** What Lambda logs of an error that the handler throws: npm start tells of it if no attempt succeeds. */
function isErrorOfHandler(line: string): boolean {
  return /^\{"timestamp":"[^"]*","level":"ERROR","requestId":"/.test(line);
}

/** A file to which another process appends lines. */
class AppendedFile {
  readonly #file: string;
  readonly #decoder = new StringDecoder();
  readonly #piece = Buffer.alloc(1024 * 1024);
  #descriptor: number | undefined;
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  /** The lines that are complete since the last call. */
  readLines(): string[] {
    try {
      this.#descriptor ??= openSync(this.#file, 'r');
    } catch {
      // The function has not started yet.
      return [];
    }
    for (let length = -1; length !== 0; ) {
      length = readSync(this.#descriptor, this.#piece);
      this.#rest += this.#decoder.write(this.#piece.subarray(0, length));
    }
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { plainLine } from '../plain-text.ts';

const POSITION = /\(?(\/[^()]*\.js|[A-Z]:\\[^()]*\.js):(\d+):(\d+)\)?$/;

/**
 * One line for an error: its name, its message and, if a bundled function threw it, the line of the source, such as
 * `functions/work/handler.ts:12`.
 * @param cause a message, or the JSON of Lambda for an error of a function, as Step Functions passes it on.
 */
export function explainError(name: string, cause = ''): string {
  const { message, trace } = readCause(cause);
  const line = sourceLineOf(trace);
  const text = message.replace(/\s+/g, ' ').trim();
  const place = line === undefined ? '' : `, at ${line}`;
  return plainLine([name, ...(text === '' ? [] : [text])].join(': ') + place);
}

function readCause(cause: string): { message: string; trace: readonly string[] } {
  try {
    const { errorMessage, trace }: { errorMessage?: unknown; trace?: unknown } = JSON.parse(cause) ?? {};
    if (typeof errorMessage === 'string')
      return { message: errorMessage, trace: Array.isArray(trace) ? trace.map(String) : [] };
  } catch {
    // It is a message.
  }
  return { message: cause, trace: [] };
}

/** The first line of the project's own, and not of a package; undefined if the stack has none. */
function sourceLineOf(stack: readonly string[]): string | undefined {
  const lines = stack.map(originOf).filter((line) => line !== undefined);
  return lines.find((line) => !line.includes('node_modules/'));
}

function originOf(frame: string): string | undefined {
  const [, file = '', line, column] = POSITION.exec(frame) ?? [];
  if (file === '' || !existsSync(`${file}.map`)) return undefined;
  try {
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    const origin = map.findOrigin(Number(line), Number(column));
    if (!('fileName' in origin)) return undefined;
    const source = relative('', resolve(dirname(file), origin.fileName)).replaceAll('\\', '/');
    return `${source}:${origin.lineNumber}`;
  } catch {
    // The bundle is being written again.
    return undefined;
  }
}

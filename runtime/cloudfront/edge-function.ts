// CloudFront Functions: each run has a global object of its own, and no timers, files, network or dynamic code. Follows
// "JavaScript runtime 2.0 features for CloudFront Functions" and "Restrictions on CloudFront Functions".

import { createContext, Script } from 'node:vm';
import { TemplateError, type Value } from '../template/index.ts';
import { findUnsupported } from './function-syntax.ts';

export interface EdgeFunction {
  readonly logicalId: string;
  /**
   * Runs the function, which may be asynchronous but cannot wait for anything.
   * @param event a JSON value.
   * @returns what the function returns, as a JSON value.
   * @throws EdgeFunctionError if the function throws, runs for too long or does not come to an end.
   */
  run(event: unknown): { readonly value: unknown; readonly log: readonly string[] };
}

export class EdgeFunctionError extends Error {
  override readonly name = 'EdgeFunctionError';
}

/** AWS allows about a millisecond of a processor. Of the clock, a second was too short while images were encoded. */
const LIMIT_MS = 5000;
const MAX_CODE_BYTES = 10 * 1024;

/** @throws TemplateError, also for a mistake in the function's syntax, and for syntax that CloudFront does not run. */
export function readEdgeFunction({
  logicalId,
  properties,
}: {
  readonly logicalId: string;
  readonly properties: Value;
}): EdgeFunction {
  properties.only(['AutoPublish', 'FunctionCode', 'FunctionConfig', 'Name', 'Tags']);
  // Only a published function can be associated with a distribution.
  if (!properties.at('AutoPublish').boolean()) properties.at('AutoPublish').fail('true');
  const config = properties.at('FunctionConfig').only(['Comment', 'Runtime']);
  config.at('Runtime').oneOf(['cloudfront-js-2.0']);
  const code = properties.at('FunctionCode');
  return { logicalId, run: compileFunction(code) };
}

// The names of the globals through which texts go in and out; a function would hardly choose the same.
const PREPARE = new Script(`
  globalThis.cloudFrontLog = [];
  globalThis.console = { log: (...words) => void cloudFrontLog.push(words.join(' ')) };
`);
const CALL = new Script(`
  (async () => handler(JSON.parse(cloudFrontEvent)))().then(
    (value) => { globalThis.cloudFrontOutcome = JSON.stringify({ value, log: cloudFrontLog }); },
    (error) => { globalThis.cloudFrontOutcome = JSON.stringify({ error: String(error?.stack ?? error) }); },
  );
`);

function compileFunction(code: Value): EdgeFunction['run'] {
  const script = parse(code);
  return (event) => {
    const globals: Record<string, unknown> = { cloudFrontEvent: JSON.stringify(event) };
    const context = createContext(globals, {
      codeGeneration: { strings: false, wasm: false },
      // Runs what follows an await before the script returns, within its time limit.
      microtaskMode: 'afterEvaluate',
    });
    try {
      for (const step of [PREPARE, script, CALL]) step.runInContext(context, { timeout: LIMIT_MS });
    } catch (error) {
      throw new EdgeFunctionError(describe(error), { cause: error });
    }
    const { cloudFrontOutcome: outcome } = globals;
    if (typeof outcome !== 'string') throw new EdgeFunctionError('its promise is not settled');
    const { error, value, log } = JSON.parse(outcome);
    if (error !== undefined) throw new EdgeFunctionError(error);
    return { value, log };
  };
}

/** Errors name the template's line: the code is a block below its key, or else on the same line. */
function parse(code: Value): Script {
  const text = code.text();
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_CODE_BYTES) code.fail(`at most ${MAX_CODE_BYTES} bytes of code`, String(bytes));
  const lineOffset = text.includes('\n') ? code.line : code.line - 1;
  const script = compile(code, lineOffset);
  const unsupported = findUnsupported(text);
  if (unsupported)
    throw new TemplateError(
      `${code.place.name}:${lineOffset + unsupported.line}: expected JavaScript that AWS documents for cloudfront-js-2.0, found ${unsupported.what}`,
    );
  return script;
}

function compile(code: Value, lineOffset: number): Script {
  try {
    return new Script(`'use strict';${code.text()}`, { filename: code.place.name, lineOffset });
  } catch (error) {
    return code.fail('a function in JavaScript', describe(error));
  }
}

/** An error of another global object is no instance of this one's Error. */
function describe(error: unknown): string {
  const hasStack = typeof error === 'object' && error !== null && 'stack' in error;
  return String(hasStack ? error.stack : error);
}

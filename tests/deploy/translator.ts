import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Role, readTemplate, rolesOf, type Template } from 'aws-on-one-machine';
import { queueUrl, REAL_TEMPLATE } from '../support/template-file.ts';

export type Parameters = Readonly<Record<string, string>>;

/** A change to a file of the project: the first occurrence of `from` is replaced by `to`. */
export interface Change {
  readonly from: string;
  readonly to: string;
  /** template.yaml by default. */
  readonly file?: 'statemachine/resize-image.asl.json' | 'statemachine/resize-upload.asl.json';
}

/** The stack that CloudFormation would create: after the SAM transform, with conditions and intrinsics resolved. */
export interface DeployedStack {
  readonly parameters: Parameters;
  /** The transformed template, which still contains conditions and intrinsics. */
  readonly transformed: unknown;
  /** The transformed template after our own reader resolved conditions and intrinsics. */
  readonly template: Template;
  readonly roles: ReadonlyMap<string, Role>;
  /** The state machines' definitions before substitution, by the name of their file. */
  readonly definitions: ReadonlyMap<string, unknown>;
}

/** A translator for the tests of a suite. Without SAM_PYTHON, the suite is skipped with a message. */
export function useTranslator(): () => SamTranslator {
  // A Python interpreter with aws-sam-cli; `.ci/run` installs one.
  const { SAM_PYTHON } = process.env;
  let translator: SamTranslator | undefined;
  before(function () {
    if (!SAM_PYTHON) {
      console.log('    Skipped: set SAM_PYTHON to a Python with aws-sam-cli, as .ci/run does.');
      return this.skip();
    }
    translator = new SamTranslator(SAM_PYTHON);
  });
  after(() => translator?.stop());
  return () => {
    if (!translator) throw new Error('Expected a translator but the suite has not begun.');
    return translator;
  };
}

const MACHINES = ['resize-image', 'resize-upload'];

/** AWS's own translator, in one process for all requests. */
export class SamTranslator {
  readonly #process: ChildProcess;
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'transformed-'));
  readonly #unchanged = new Map<string, Promise<DeployedStack>>();

  /** @param python a Python interpreter with aws-sam-cli. */
  constructor(python: string) {
    const script = new URL('transform.py', import.meta.url).pathname;
    this.#process = spawn(python, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
    if (!this.#process.stdout) throw new Error('Expected a pipe from the translator but found none.');
    createInterface(this.#process.stdout).on('line', (line) => this.#waiting.shift()?.(line));
    this.#process.on('close', () => {
      for (const tell of this.#waiting) tell('{"error": "the translator has ended"}');
    });
  }

  stop(): void {
    this.#process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @throws the error of the translator, or of our reader of its result. */
  deploy(parameters: Parameters = {}, ...changes: readonly Change[]): Promise<DeployedStack> {
    if (changes.length > 0) return this.#deploy(parameters, changes);
    const key = JSON.stringify(parameters);
    const stack = this.#unchanged.get(key) ?? this.#deploy(parameters, []);
    this.#unchanged.set(key, stack);
    return stack;
  }

  async #deploy(parameters: Parameters, changes: readonly Change[]): Promise<DeployedStack> {
    const text = changed(REAL_TEMPLATE, changes, undefined);
    const answer: unknown = JSON.parse(await this.#ask(JSON.stringify({ template: text, parameters })));
    const transformed = at(answer, 'transformed');
    if (transformed === undefined) throw new Error(String(at(answer, 'error')));
    const file = join(this.#folder, 'transformed.json');
    writeFileSync(file, JSON.stringify(transformed, undefined, 1));
    const template = readTemplate({ file, parameterOverrides: parameters, queueUrl });
    const definitions = MACHINES.map((name): [string, unknown] => {
      const path = `statemachine/${name}.asl.json`;
      return [name, JSON.parse(changed(join(dirname(REAL_TEMPLATE), path), changes, path))];
    });
    return {
      parameters,
      transformed,
      template,
      // The transform has replaced what the runtime runs, so that nothing assumes a role here.
      roles: rolesOf(template, true),
      definitions: new Map(definitions),
    };
  }

  #ask(line: string): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin?.write(`${line}\n`);
    });
  }
}

function changed(path: string, changes: readonly Change[], file: string | undefined): string {
  let text = readFileSync(path, 'utf8');
  for (const change of changes.filter((one) => one.file === file)) {
    if (!text.includes(change.from)) throw new Error(`Expected ${change.from} in ${path} but found none.`);
    text = text.replace(change.from, () => change.to);
  }
  return text;
}

/** The value under these keys of an unknown value; undefined if there is none. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? Object.getOwnPropertyDescriptor(inner, key)?.value
        : undefined,
    value,
  );
}

/** The entries of a map; none for any other value. */
export function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** The items of a list. Any other value is a list of itself, and undefined an empty list. */
export function items(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

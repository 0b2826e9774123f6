import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Role, rolesOf } from '../../runtime/iam/roles.ts';
import { readTemplate, type Template } from '../../runtime/template/template.ts';
import { queueUrl, REAL_TEMPLATE } from '../support/template-file.ts';

export type Parameters = Readonly<Record<string, string>>;

/** A change to a file of the project: the first place where `from` stands becomes `to`. */
export interface Change {
  readonly from: string;
  readonly to: string;
  /** The template, where none is said. */
  readonly file?: 'statemachine/resize-image.asl.json' | 'statemachine/resize-upload.asl.json';
}

/** The stack as CloudFormation would have it: after the SAM transform, with everything that depends on parameters told. */
export interface DeployedStack {
  readonly parameters: Parameters;
  /** As transformed, conditions and intrinsics still in it. */
  readonly transformed: unknown;
  /** Conditions and intrinsics carried out, by our own reader. */
  readonly template: Template;
  readonly roles: ReadonlyMap<string, Role>;
  /** The state machines' definitions as they are written, by the name of their file. */
  readonly definitions: ReadonlyMap<string, unknown>;
}

/** One for the tests of a suite, which are skipped with a line that says so where no Python has aws-sam-cli. */
export function useTranslator(): () => SamTranslator {
  // `.ci/run` makes one.
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

/** AWS's own translator, one process for all that is asked of it. */
export class SamTranslator {
  readonly #process: ChildProcess;
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'transformed-'));
  readonly #unchanged = new Map<string, Promise<DeployedStack>>();

  /** @param python one that has aws-sam-cli. */
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

  /** @throws what the translator, or our reader of its result, finds wrong. */
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
    const template = readTemplate({ file, parameterOverrides: parameters, queueUrl, alsoTake: () => true });
    const definitions = MACHINES.map((name): [string, unknown] => {
      const path = `statemachine/${name}.asl.json`;
      return [name, JSON.parse(changed(join(dirname(REAL_TEMPLATE), path), changes, path))];
    });
    return {
      parameters,
      transformed,
      template,
      roles: rolesOf(template),
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

/** What lies under these keys of a value that is not known; undefined where there is nothing. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? Object.getOwnPropertyDescriptor(inner, key)?.value
        : undefined,
    value,
  );
}

/** The entries of a map, or none. */
export function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** The items of a list; one value stands for a list of itself, and none for an empty one. */
export function items(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

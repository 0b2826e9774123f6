import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readTemplate, type Template } from 'aws-on-one-machine';
import { temporaryFolder } from './temporary-folder.ts';

/** The path of the template that is deployed. */
export const REAL_TEMPLATE = new URL('../../template.yaml', import.meta.url).pathname;

export const queueUrl = (logicalId: string): string => `http://127.0.0.1:3000/000000000000/${logicalId}`;

export function readReal(parameterOverrides: Record<string, string> = {}): Template {
  return readTemplate({ file: REAL_TEMPLATE, parameterOverrides, queueUrl });
}

/** Writes a template and the files that it names into a folder of their own. @returns the template's path. */
export function writeTemplate(text: string, files: Record<string, string> = {}): string {
  const folder = temporaryFolder('template');
  for (const [name, content] of Object.entries({ 'template.yaml': text, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return join(folder, 'template.yaml');
}

/** Writes a template into a temporary folder and reads it. */
export function read(text: string, parameterOverrides: Record<string, string> = {}): Template {
  return readTemplate({ file: writeTemplate(text), parameterOverrides, queueUrl });
}

/**
 * Copies the deployed template and its state machines, and replaces one text of the template.
 * @returns the copy's path.
 * @throws if the template does not contain the text.
 */
export function changedReal(from: string, to: string): string {
  const text = readFileSync(REAL_TEMPLATE, 'utf8');
  if (!text.includes(from)) throw new Error(`expected ${from} in template.yaml, found none`);
  const files = ['resize-image', 'resize-upload'].map((name) => `statemachine/${name}.asl.json`);
  const contents = files.map((file) => [file, readFileSync(join(dirname(REAL_TEMPLATE), file), 'utf8')]);
  return writeTemplate(
    text.replace(from, () => to),
    Object.fromEntries(contents),
  );
}

/** The number of the first line in a file that contains a text, counted from 1. */
export function lineOf(file: string, text: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) => line.includes(text));
  if (index < 0) throw new Error(`expected ${text} in ${file}, found none`);
  return index + 1;
}

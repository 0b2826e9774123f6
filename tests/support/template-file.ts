import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readTemplate, type Template } from '../../runtime/template/template.ts';

/** The template that is deployed. */
export const REAL_TEMPLATE = new URL('../../template.yaml', import.meta.url).pathname;

export const queueUrl = (logicalId: string): string => `http://127.0.0.1:3000/000000000000/${logicalId}`;

export function readReal(parameterOverrides: Record<string, string> = {}): Template {
  return readTemplate({ file: REAL_TEMPLATE, parameterOverrides, queueUrl });
}

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes a template, and the files that it names, into a folder of their own; gives the template's path. */
export function writeTemplate(text: string, files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'template-'));
  folders.push(folder);
  for (const [name, content] of Object.entries({ 'template.yaml': text, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return join(folder, 'template.yaml');
}

/** Reads a template that a test writes. */
export function read(text: string, parameterOverrides: Record<string, string> = {}): Template {
  return readTemplate({ file: writeTemplate(text), parameterOverrides, queueUrl });
}

/** The real template with one text in it changed, which must be there. */
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

/** The line of a text in a file, from 1. */
export function lineOf(file: string, text: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) => line.includes(text));
  if (index < 0) throw new Error(`expected ${text} in ${file}, found none`);
  return index + 1;
}

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readRunnableTemplate } from '../../left-out.ts';
import { readTemplate, type Template, TemplateError } from '../../template/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The template of a small service that keeps notes and renders them as pages. */
export const FIXTURE = fileURLToPath(new URL('../fixtures/notes/template.yaml', import.meta.url));

export const queueUrl = (logicalId: string): string => `http://127.0.0.1:3000/000000000000/${logicalId}`;

/** Reads a template; queues have URLs at port 3000. */
export function readTemplateAt(
  file: string,
  parameterOverrides: Record<string, string> = {},
  parameterDefaults: Record<string, string> = {},
): Template {
  return readTemplate({ file, parameterOverrides, parameterDefaults, queueUrl });
}

/** Reads a template as the runtime does when it starts: without the resources that can be left out. */
export function readRunnableAt(file: string): Template {
  return readRunnableTemplate({ file, parameterOverrides: {}, queueUrl });
}

export function readFixture(
  parameterOverrides: Record<string, string> = {},
  parameterDefaults: Record<string, string> = {},
): Template {
  return readTemplateAt(FIXTURE, parameterOverrides, parameterDefaults);
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
  return readTemplateAt(writeTemplate(text), parameterOverrides);
}

/**
 * Copies the fixture and the files that it names, and replaces texts of the template, each once.
 * @param changes what to write in place of each text.
 * @returns the copy's path.
 * @throws if the template does not contain one of the texts.
 */
export function fixtureWith(changes: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder('fixture');
  cpSync(dirname(FIXTURE), folder, { recursive: true });
  const file = join(folder, 'template.yaml');
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`expected ${from} in ${FIXTURE}, found none`);
    text = text.replace(from, () => to);
  }
  writeFileSync(file, text);
  return file;
}

export function changedFixture(from: string, to: string): string {
  return fixtureWith({ [from]: to });
}

/**
 * Expects that a reader refuses the fixture after one change, with a message that starts with file and line.
 * @param reader what reads the template's resources, such as `bucketsOf`.
 */
export function expectRefusal(
  reader: (template: Template) => unknown,
  from: string,
  to: string,
  message: RegExp,
): void {
  const template = readTemplateAt(changedFixture(from, to));
  expect(() => reader(template))
    .to.throw(TemplateError, message)
    .with.property('message')
    .that.matches(/^template\.yaml:\d+: (expected |\S+ is not supported here for )/);
}

/** The number of the first line in a file that contains a text, counted from 1. */
export function lineOf(file: string, text: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) => line.includes(text));
  if (index < 0) throw new Error(`expected ${text} in ${file}, found none`);
  return index + 1;
}

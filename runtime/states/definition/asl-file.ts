import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { printParseErrorCode, visit } from 'jsonc-parser';
import type { Template, Value } from '../../template/index.ts';
import { TemplateError } from '../../template/index.ts';
import { isExact } from '../data/json.ts';

interface AslFile {
  /** Its path, as the template names it. */
  readonly source: string;
  /** The file's text with every `${Name}` replaced. */
  readonly text: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

/**
 * Reads a state machine's ASL file and replaces its substitutions.
 * @throws TemplateError for invalid JSON, and for a substitution that is missing or unused.
 */
export function readAslFile(
  template: Pick<Template, 'file' | 'files'>,
  uri: Value,
  substitutions: ReadonlyMap<string, Value>,
): AslFile {
  const file = uri.text();
  const path = join(dirname(template.file), file);
  template.files.add(path);
  const written = readText(path, uri);
  // CloudFormation replaces text, in quotes or not. Here the file itself must be JSON, too, so that tools can read it.
  parse(written, file);
  const used = new Set<string>();
  const text = written.replace(/\$\{([^}]*)\}/g, (whole, name: string, offset: number) => {
    const value = substitutions.get(name);
    if (!value) {
      const line = written.slice(0, offset).split('\n').length;
      const expected = [...substitutions.keys()].join(', ') || 'no substitution';
      throw new TemplateError(
        `${file}:${line}: expected one of DefinitionSubstitutions (${expected}), found ${whole}`,
      );
    }
    used.add(name);
    return JSON.stringify(value.scalar()).slice(1, -1);
  });
  for (const [name, value] of substitutions)
    if (!used.has(name)) value.fail(`a use of it in ${file}`, 'none');
  return { source: file, text, definition: parse(text, file) };
}

function readText(path: string, uri: Value): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return uri.fail(
      'a file that can be read',
      `${uri.text()} (${error instanceof Error ? error.message : error})`,
    );
  }
}

function parse(text: string, file: string): Record<string, unknown> {
  const mistake = findMistake(text);
  if (mistake)
    throw new TemplateError(`${file}:${mistake.line}: expected ${mistake.expected}, found ${mistake.found}`);
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw new TemplateError(`${file}:1: expected a state machine, found no JSON object`);
}

interface Mistake {
  /** From 1. */
  readonly line: number;
  readonly expected: string;
  readonly found: string;
}

/** The first place that JSON.parse would refuse without naming the line, or would change without an error. */
function findMistake(text: string): Mistake | undefined {
  const mistakes: Mistake[] = [];
  const keys: Set<string>[] = [];
  visit(
    text,
    {
      onError: (code, offset, length, line) => {
        const found = `${printParseErrorCode(code)} at ${JSON.stringify(text.slice(offset, offset + length))}`;
        mistakes.push({ line: line + 1, expected: 'JSON', found });
      },
      onObjectBegin: () => {
        keys.push(new Set());
      },
      onObjectProperty: (key, _offset, _length, line) => {
        if (keys.at(-1)?.has(key))
          mistakes.push({ line: line + 1, expected: 'JSON', found: `a second ${JSON.stringify(key)}` });
        keys.at(-1)?.add(key);
      },
      onObjectEnd: () => keys.pop(),
      onLiteralValue: (value, offset, length, line) => {
        const found = text.slice(offset, offset + length);
        if (typeof value === 'number' && !isExact(value, found))
          mistakes.push({ line: line + 1, expected: 'numbers of 53 bits', found });
      },
    },
    { disallowComments: true },
  );
  return mistakes[0];
}

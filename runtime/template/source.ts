import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type CollectionTag,
  type Document,
  isAlias,
  isNode,
  LineCounter,
  type Node,
  parseDocument,
  type ScalarTag,
  visit,
} from 'yaml';
import { TemplateError } from './error.ts';

/** The intrinsics that are carried out; every other is refused by its name. */
export const INTRINSICS: ReadonlyMap<string, string> = new Map([
  ['!Ref', 'Ref'],
  ['!Condition', 'Condition'],
  ...['GetAtt', 'Sub', 'If', 'Equals', 'Not', 'And', 'Or', 'Join', 'Select', 'Split', 'FindInMap'].map(
    (name): [string, string] => [`!${name}`, `Fn::${name}`],
  ),
]);

/** A template as it is written: YAML nodes that still know their lines. */
export interface Source {
  readonly name: string;
  readonly document: Document;
  lineOf(node: Node): number;
  /** The node itself, or the one that an alias stands for. */
  dereference(node: unknown): Node | undefined;
  fail(node: Node | number, expected: string, found: string): never;
}

const CUSTOM_TAGS = [...INTRINSICS.keys()].flatMap((tag): (ScalarTag | CollectionTag)[] => [
  { tag, resolve: (text) => text },
  { tag, collection: 'seq', resolve: (sequence) => sequence },
]);

/**
 * Reads YAML as CloudFormation and SAM do: version 1.1, so that an unquoted `OFF` is a boolean here as it is there.
 * JSON is YAML too.
 */
export function readSource(file: string): Source {
  const name = basename(file);
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), {
    lineCounter: lines,
    version: '1.1',
    merge: false,
    customTags: (tags) => [...tags, ...CUSTOM_TAGS],
  });
  const fail = (line: number, expected: string, found: string): never => {
    throw new TemplateError(`${name}:${line}: expected ${expected}, found ${found}`);
  };
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const tag = /Unresolved tag: (\S+)/.exec(problem.message)?.[1];
    fail(
      lines.linePos(problem.pos[0]).line,
      tag ? `one of ${[...INTRINSICS.keys()].join(', ')}` : 'YAML',
      tag ?? problem.message.split('\n')[0] ?? 'a mistake',
    );
  }
  const lineOf = (node: Node): number => lines.linePos(node.range?.[0] ?? 0).line;
  visit(document, {
    Alias: (_key, alias) => {
      if (!alias.resolve(document)) fail(lineOf(alias), 'an anchor above it', `*${alias.source}`);
    },
  });
  return {
    name,
    document,
    lineOf,
    dereference(node) {
      const target = isAlias(node) ? node.resolve(document) : node;
      return isNode(target) ? target : undefined;
    },
    fail: (at, expected, found) => fail(typeof at === 'number' ? at : lineOf(at), expected, found),
  };
}

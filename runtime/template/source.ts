import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type Alias,
  type CollectionTag,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type ScalarTag,
  type Tags,
  visit,
  type YAMLMap,
} from 'yaml';
import { TemplateError } from './error.ts';

/** The intrinsics that are evaluated: long name by YAML tag. Any other is refused by name. */
export const INTRINSICS: ReadonlyMap<string, string> = new Map([
  ['!Ref', 'Ref'],
  ['!Condition', 'Condition'],
  ...['GetAtt', 'Sub', 'If', 'Equals', 'Not', 'And', 'Or', 'Join', 'Select', 'Split', 'FindInMap'].map(
    (name): [string, string] => [`!${name}`, `Fn::${name}`],
  ),
]);

/** A template as it is written: YAML nodes with their lines. */
export interface Source {
  readonly name: string;
  readonly document: Document;
  lineOf(node: Node): number;
  /** The node itself, or the one that an alias refers to. */
  dereference(node: unknown): Node | undefined;
  /** A map with intrinsics as they are written. The package's own toJS would search the document for each alias. */
  toPlain(map: YAMLMap): Record<string, unknown>;
  /** @throws TemplateError with the line of a node, or with a line from 1. */
  fail(node: Node | number, expected: string, found: string): never;
}

/** CloudFormation's other intrinsics: a resource that is left out may use them. */
const OTHER_INTRINSICS: ReadonlyMap<string, string> = new Map(
  ['Base64', 'Cidr', 'GetAZs', 'ImportValue', 'Length', 'ToJsonString', 'Transform'].map(
    (name): [string, string] => [`!${name}`, `Fn::${name}`],
  ),
);

/** The long name of a YAML tag's intrinsic; undefined for any other tag. */
export function intrinsicOf(tag: string): string | undefined {
  return INTRINSICS.get(tag) ?? OTHER_INTRINSICS.get(tag);
}

/** @throws TemplateError if a key of a map is a loop of AWS::LanguageExtensions. */
export function refuseForEach(source: Source, key: unknown): void {
  if (isScalar(key) && String(key.value).startsWith('Fn::ForEach'))
    source.fail(
      key,
      'what the loop makes, written out, since Fn::ForEach is not run here',
      String(key.value),
    );
}

const CUSTOM_TAGS = [...INTRINSICS.keys(), ...OTHER_INTRINSICS.keys()].flatMap(
  (tag): (ScalarTag | CollectionTag)[] => [
    { tag, resolve: (text) => text },
    { tag, collection: 'seq', resolve: (sequence) => sequence },
    { tag, collection: 'map', resolve: (map) => map },
  ],
);

/** Version 1.1 of the yaml package, except that a lone `y`, `n` or `.` is text: PyYAML, which SAM uses, reads it so. */
const asPyYaml = (tags: Tags): Tags =>
  tags.map((tag) =>
    typeof tag === 'object' && 'test' in tag && tag.test
      ? { ...tag, test: new RegExp(`(?!^[yYnN.]$)${tag.test.source}`) }
      : tag,
  );

/**
 * Reads YAML as CloudFormation and SAM do: version 1.1, in which an unquoted `OFF` is a boolean. JSON is YAML, too.
 * @throws TemplateError for a syntax error, an unknown tag or an alias without an anchor; Error if the file cannot be
 *   read.
 */
export function readSource(file: string): Source {
  const name = basename(file);
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), {
    lineCounter: lines,
    version: '1.1',
    merge: false,
    customTags: (tags) => [...asPyYaml(tags), ...CUSTOM_TAGS],
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
  const targets = targetsOf(document);
  for (const [alias, target] of targets)
    if (!target) fail(lineOf(alias), 'an anchor above it', `*${alias.source}`);
  const dereference = (node: unknown): Node | undefined => {
    const target = isAlias(node) ? targets.get(node) : node;
    return isNode(target) ? target : undefined;
  };
  return {
    name,
    document,
    lineOf,
    dereference,
    toPlain: (map) => toPlainMap(map, dereference),
    fail: (at, expected, found) => fail(typeof at === 'number' ? at : lineOf(at), expected, found),
  };
}

function toPlainMap({ items }: YAMLMap, dereference: Source['dereference']): Record<string, unknown> {
  const toPlain = (written: unknown): unknown => {
    const node = dereference(written);
    if (isMap(node)) return toPlainMap(node, dereference);
    if (isSeq(node)) return node.items.map(toPlain);
    return isScalar(node) ? node.value : null;
  };
  return Object.fromEntries(items.map(({ key, value }) => [String(toPlain(key)), toPlain(value)]));
}

/** What each alias stands for: the last node above it with its anchor. The package would search the document each time. */
function targetsOf(document: Source['document']): Map<Alias, Node | undefined> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Alias: (_key, alias) => void targets.set(alias, anchored.get(alias.source)),
    Value: (_key, node) => {
      if (node.anchor) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

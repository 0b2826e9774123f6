import { isMap, isScalar } from 'yaml';
import { describe } from './error.ts';
import { chooseParameters, type ParameterDeclaration } from './parameters.ts';
import { pathKey, Resolver } from './resolve.ts';
import { generatedBeside, isRunHere, type WrittenResource } from './resource-types.ts';
import { readSource, type Source } from './source.ts';
import { type Place, Value } from './value.ts';

/** A template with all its intrinsics evaluated. */
export interface Template extends Place {
  /** The file's path, as it was given. */
  readonly file: string;
  /** The file's base name, for messages. */
  readonly name: string;
  /** Every file that the template depends on, missing ones included: add a file before reading it. */
  readonly files: Set<string>;
  readonly parameters: Readonly<Record<string, string>>;
  /** Without those whose condition is false. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: Readonly<Record<string, string>>;
  /** The resources that no service here runs: alarms, tables, functions that are not built with esbuild. */
  readonly leftOut: readonly LeftOut[];
  /** The references to left-out resources from resources that are run, and from outputs. */
  readonly madeUpValues: readonly MadeUpValue[];
  /** The line of a value of the resolved template, or of the nearest value that contains it. */
  lineOf(path: readonly (string | number)[]): number;
}

export interface LeftOut {
  readonly logicalId: string;
  readonly type: string;
}

export interface MadeUpValue {
  /** A logical id, for `Ref`, or a logical id and an attribute. */
  readonly reference: string;
  /** The logical id of the resource, or the name of the output, that got the made-up value. */
  readonly usedBy: string;
}

export interface Resource {
  readonly logicalId: string;
  readonly isLeftOut: boolean;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly line: number;
}

interface TemplateOptions {
  readonly file: string;
  readonly parameterOverrides: Readonly<Record<string, string>>;
  /** Replace declared defaults; names of parameters that the template does not declare are ignored. */
  readonly parameterDefaults?: Readonly<Record<string, string>>;
  /** What `!Ref` of a queue returns: its URL contains the runtime's port. */
  queueUrl(logicalId: string): string;
}

const SECTIONS = [
  'AWSTemplateFormatVersion',
  'Transform',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Resources',
  'Outputs',
];
const ATTRIBUTES = [
  'Type',
  'Properties',
  'Metadata',
  'Condition',
  'DependsOn',
  'DeletionPolicy',
  'UpdatePolicy',
  'UpdateReplacePolicy',
];

/**
 * Reads and resolves a template.
 * @throws TemplateError that names file, line, what was expected and what was found.
 */
export function readTemplate(options: TemplateOptions): Template {
  const source = readSource(options.file);
  const declarations = declarationsOf(source).map((one) => {
    const Default = options.parameterDefaults?.[one.name];
    return Default === undefined ? one : { ...one, declaration: { ...one.declaration, Default } };
  });
  const parameters = chooseParameters(source.name, declarations, options.parameterOverrides);
  const types = new Map<string, string>();
  const aliases = new Map<string, string>();
  const leftOutIds = new Set<string>();
  const madeUpValues: MadeUpValue[] = [];
  const resolver = new Resolver(source, {
    parameters,
    typeOf: (logicalId) => types.get(logicalId),
    isLeftOut: (logicalId) => leftOutIds.has(logicalId),
    madeUp: (reference, [, usedBy]) => madeUpValues.push({ reference, usedBy: String(usedBy) }),
    generatedAs: (name) => aliases.get(name),
    queueUrl: options.queueUrl,
  });
  refuseUnknownSections(source, resolver);

  const present = presentResources(source, resolver);
  for (const { logicalId, written } of present) {
    if (!isRunHere(written)) leftOutIds.add(logicalId);
    for (const [id, type] of [
      [logicalId, String(written.Type)] as const,
      ...generatedBeside(logicalId, written),
    ]) {
      types.set(id, type);
      if (type === 'AWS::Lambda::Alias') aliases.set(`${logicalId}.Alias`, id);
    }
  }

  const lineOf = (path: readonly (string | number)[]): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const line = resolver.lines.get(pathKey(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
  const place: Place = { name: source.name, lineOf };
  const resources = new Map<string, Resource>();
  const leftOut: LeftOut[] = [];
  for (const { logicalId, line } of present) {
    const path = ['Resources', logicalId];
    const isLeftOut = leftOutIds.has(logicalId);
    const resolved = isLeftOut
      ? resolver.resolveLeniently(resolver.nodeAt(...path), path)
      : resolver.resolve(resolver.nodeAt(...path), path);
    const resource = new Value(resolved, path, place);
    const type = resource.at('Type').text();
    if (isLeftOut) leftOut.push({ logicalId, type });
    else checkAttributes(resource, resolver, types);
    resources.set(logicalId, {
      logicalId,
      isLeftOut,
      type,
      properties: recordOf(resource.at('Properties')),
      metadata: recordOf(resource.at('Metadata')),
      line,
    });
  }
  return {
    file: options.file,
    name: source.name,
    files: new Set([options.file]),
    parameters,
    resources,
    outputs: outputsOf(resolver, place),
    leftOut,
    madeUpValues,
    lineOf,
  };
}

function checkAttributes(resource: Value, resolver: Resolver, types: ReadonlyMap<string, string>): void {
  resource.only(ATTRIBUTES);
  for (const other of resource.at('DependsOn').ifPresent((value) => value.listOrOne()) ?? [])
    if (!resolver.nodeAt('Resources', other.text()) && !types.has(other.text()))
      other.fail('a resource of this template');
}

function recordOf(value: Value): Record<string, unknown> {
  return Object.fromEntries(
    (value.ifPresent((present) => present.entries()) ?? []).map(([key, { raw }]) => [key, raw]),
  );
}

function refuseUnknownSections(source: Source, resolver: Resolver): void {
  const root = resolver.nodeAt();
  for (const { key } of isMap(root) ? root.items : source.fail(1, 'a map of sections', 'something else'))
    if (!isScalar(key) || !SECTIONS.includes(String(key.value)))
      source.fail(isScalar(key) ? key : 1, `a section of ${SECTIONS.join(', ')}`, String(key));
  const transform = resolver.resolve(resolver.nodeAt('Transform'), ['Transform']);
  if (transform !== null && transform !== 'AWS::Serverless-2016-10-31')
    source.fail(1, 'no Transform but AWS::Serverless-2016-10-31', describe(transform));
}

/** Parameters may not contain intrinsics, so they are resolved without knowing any name. */
function declarationsOf(source: Source): ParameterDeclaration[] {
  const nothing = {
    parameters: {},
    typeOf: () => undefined,
    isLeftOut: () => false,
    madeUp: () => {},
    generatedAs: () => undefined,
    queueUrl: () => '',
  };
  const resolver = new Resolver(source, nothing);
  const raw = resolver.resolve(resolver.nodeAt('Parameters'), ['Parameters']);
  if (raw === null) return [];
  const place: Place = { name: source.name, lineOf: (path) => resolver.lines.get(pathKey(path)) ?? 1 };
  return new Value(raw, ['Parameters'], place)
    .entries()
    .map(([name, value]) => ({ name, line: value.line, declaration: recordOf(value) }));
}

interface PresentResource {
  readonly logicalId: string;
  readonly line: number;
  readonly written: WrittenResource;
}

/** The resources whose condition is true, or that have none. */
function presentResources(source: Source, resolver: Resolver): PresentResource[] {
  const section = resolver.nodeAt('Resources');
  if (!isMap(section)) return source.fail(section ?? 1, 'a map of Resources', 'something else');
  return section.items.flatMap(({ key }) => {
    if (!isScalar(key) || typeof key.value !== 'string')
      return source.fail(section, 'a logical id', 'another kind of key');
    const logicalId = key.value;
    const node = resolver.nodeAt('Resources', logicalId);
    if (!isMap(node)) return source.fail(key, 'a map with a Type', 'something else');
    const condition = resolver.nodeAt('Resources', logicalId, 'Condition');
    if (condition && isScalar(condition) && !resolver.condition(String(condition.value), condition))
      return [];
    // Only the shape is needed here, so the intrinsics are left as they are written.
    return [{ logicalId, line: source.lineOf(key), written: node.toJS(source.document) }];
  });
}

function outputsOf(resolver: Resolver, place: Place): Record<string, string> {
  const outputs: Record<string, string> = {};
  const section = resolver.nodeAt('Outputs');
  for (const { key } of isMap(section) ? section.items : []) {
    if (!isScalar(key)) continue;
    const path = ['Outputs', String(key.value)];
    const condition = resolver.nodeAt(...path, 'Condition');
    if (condition && isScalar(condition) && !resolver.condition(String(condition.value), condition)) continue;
    const output = new Value(resolver.resolve(resolver.nodeAt(...path), path), path, place);
    outputs[String(key.value)] = output
      .only(['Description', 'Value', 'Condition', 'Export'])
      .at('Value')
      .scalar();
  }
  return outputs;
}

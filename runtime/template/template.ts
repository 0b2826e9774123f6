// Reads template.yaml as CloudFormation and SAM do, as far as this pipeline goes.
//
// Covers: Parameters (String, Number), Conditions, Mappings, Resources, Outputs; Ref, GetAtt, Sub, If, Equals, Not,
// And, Or, Join, Select, Split, FindInMap, pseudo parameters, AWS::NoValue. Refuses, by name and line: every other
// section, intrinsic, YAML merge key and parameter type, and every resource type that the runtime does not know.
// Follows: "Template anatomy", "Intrinsic function reference" (AWS CloudFormation User Guide) and "AWS SAM resources
// and properties" (AWS SAM Developer Guide).

import { isMap, isScalar } from 'yaml';
import { describe } from './error.ts';
import { chooseParameters, type ParameterDeclaration } from './parameters.ts';
import { pathKey, Resolver } from './resolve.ts';
import { generatedBeside, isNotRunHere, RUN_HERE } from './resource-types.ts';
import { readSource, type Source } from './source.ts';
import { type Place, Value } from './value.ts';

export { apisOf } from '../api-gateway/apis.ts';
export { functionsOf } from '../lambda/functions.ts';
export { bucketsOf } from '../s3/buckets.ts';
export { queuesOf } from '../sqs/queues.ts';
export { stateMachinesOf } from '../states/definition/state-machines.ts';
export { TemplateError } from './error.ts';

/** A template with all its intrinsics carried out. */
export interface Template extends Place {
  /** The file's path, as it was given. */
  readonly file: string;
  /** The file's name, as messages give it. */
  readonly name: string;
  /** Every file that it was read from, or would have been: whoever reads one for it adds it first. */
  readonly files: Set<string>;
  readonly parameters: Readonly<Record<string, string>>;
  /** Without those whose condition is false. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: Readonly<Record<string, string>>;
  /** The type of each resource that has no meaning on one machine: dashboards, alarms, log groups, usage plans. */
  readonly notRunHere: readonly string[];
  /** The line of a value of the resolved template, or of the nearest that holds it. */
  lineOf(path: readonly (string | number)[]): number;
}

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly line: number;
}

export interface TemplateOptions {
  readonly file: string;
  readonly parameterOverrides: Readonly<Record<string, string>>;
  /** In place of a parameter's own default, where there is such a parameter. */
  readonly parameterDefaults?: Readonly<Record<string, string>>;
  /** What `!Ref` of a queue gives: the runtime knows its port. */
  queueUrl(logicalId: string): string;
  /** Resource types to take although the runtime runs none of them; tests read AWS's transformed template so. */
  readonly alsoTake?: (type: string) => boolean;
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

/** Reads and resolves a template; throws a TemplateError that names file, line, what was expected and what was found. */
export function readTemplate(options: TemplateOptions): Template {
  const source = readSource(options.file);
  const declarations = declarationsOf(source).map((one) => {
    const Default = options.parameterDefaults?.[one.name];
    return Default === undefined ? one : { ...one, declaration: { ...one.declaration, Default } };
  });
  const parameters = chooseParameters(source.name, declarations, options.parameterOverrides);
  const types = new Map<string, string>();
  const aliases = new Map<string, string>();
  const resolver = new Resolver(source, {
    parameters,
    typeOf: (logicalId) => types.get(logicalId),
    generatedAs: (name) => aliases.get(name),
    queueUrl: options.queueUrl,
  });
  refuseUnknownSections(source, resolver);

  const present = resourcesThatHold(source, resolver);
  for (const { logicalId, written } of present)
    for (const [id, type] of [
      [logicalId, String(written.Type)] as const,
      ...generatedBeside(logicalId, written),
    ]) {
      types.set(id, type);
      if (type === 'AWS::Lambda::Alias') aliases.set(`${logicalId}.Alias`, id);
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
  const notRunHere: string[] = [];
  for (const { logicalId, line } of present) {
    const path = ['Resources', logicalId];
    const resource = new Value(resolver.resolve(resolver.nodeAt(...path), path), path, place).only(
      ATTRIBUTES,
    );
    for (const other of resource.at('DependsOn').ifPresent((value) => value.listOrOne()) ?? [])
      if (!resolver.nodeAt('Resources', other.text()) && !types.has(other.text()))
        other.fail('a resource of this template');
    const type = resource.at('Type').text();
    if (isNotRunHere(type)) notRunHere.push(type);
    else if (!RUN_HERE.has(type) && !options.alsoTake?.(type))
      resource.at('Type').fail('a type of resource that this runtime runs or may leave out');
    resources.set(logicalId, {
      logicalId,
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
    notRunHere,
    lineOf,
  };
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

/** Parameters hold no intrinsics: they are read before any name is known. */
function declarationsOf(source: Source): ParameterDeclaration[] {
  const nothing = {
    parameters: {},
    typeOf: () => undefined,
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
  readonly written: { readonly Type?: unknown; readonly Properties?: unknown };
}

function resourcesThatHold(source: Source, resolver: Resolver): PresentResource[] {
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
    // The shape alone is needed here, so the intrinsics may stay as they are written.
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

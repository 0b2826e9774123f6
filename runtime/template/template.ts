import { isMap, isScalar } from 'yaml';
import { attempt, describe, TemplateError } from './error.ts';
import { mergeGlobals } from './globals.ts';
import { idleTopicsOf } from './idle-topics.ts';
import { nameOf } from './names.ts';
import { chooseParameters, type ParameterDeclaration } from './parameters.ts';
import { type MadeUpValue, madeUpValuesOf, type Reference, referenceOf } from './references.ts';
import { pathKey, Resolver } from './resolve.ts';
import { generatedBeside, isRunHere, type Resource, type WrittenResource } from './resource-types.ts';
import { readSource, refuseForEach, type Source } from './source.ts';
import { type Place, Value } from './value.ts';

/** A template with all its intrinsics evaluated. */
export interface Template extends Place {
  /** The file's path, as it was given. */
  readonly file: string;
  /** The file's base name, for messages. */
  readonly name: string;
  /** Every file that the template depends on, missing ones included: add a file before reading it. */
  readonly files: Set<string>;
  /** Without those that have no value here: of types other than String and Number, and not overridden. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Without those whose condition is false. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: Readonly<Record<string, string>>;
  /** What no service here runs: alarms, tables, functions that are not built with esbuild, the sections Rules and Hooks. */
  readonly leftOut: readonly LeftOut[];
  readonly references: readonly Reference[];
  /** The references that get a made-up value and have an effect here, and those in outputs. */
  readonly madeUpValues: readonly MadeUpValue[];
  /** The line of a value of the resolved template, or of the nearest value that contains it. */
  lineOf(path: readonly (string | number)[]): number;
}

export interface LeftOut {
  readonly logicalId: string;
  readonly type: string;
  /** Why, with file and line, unless resources of this type never run. */
  readonly reason?: string;
}

export interface TemplateOptions {
  readonly file: string;
  readonly parameterOverrides: Readonly<Record<string, string>>;
  /** Replace declared defaults; names of parameters that the template does not declare are ignored. */
  readonly parameterDefaults?: Readonly<Record<string, string>>;
  /** What `!Ref` of a queue returns: its URL contains the runtime's port. */
  queueUrl(logicalId: string): string;
  /**
   * What `https://` and the domain name of a distribution become: the URL that serves it here. Without it, they stay as
   * they are.
   */
  readonly distributionUrl?: string;
}

const SECTIONS = [
  'AWSTemplateFormatVersion',
  'Transform',
  'Description',
  'Metadata',
  'Globals',
  'Parameters',
  'Rules',
  'Hooks',
  'Mappings',
  'Conditions',
  'Resources',
  'Outputs',
];
const SAM = 'AWS::Serverless-2016-10-31';
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
  const { template, mistakes } = readWithMistakes(options);
  const [mistake] = mistakes.values();
  if (mistake) throw mistake;
  return template;
}

/**
 * Reads and resolves a template, with a TemplateError by logical id for each resource that is not supported as it is
 * written. Such a resource is read as if it were left out.
 * @throws TemplateError for a mistake outside of the resources.
 */
export function readWithMistakes(options: TemplateOptions): {
  readonly template: Template;
  readonly mistakes: ReadonlyMap<string, TemplateError>;
} {
  const source = readSource(options.file);
  const parameters = chooseParameters(
    source.name,
    declarationsOf(source),
    options.parameterOverrides,
    options.parameterDefaults,
  );
  const types = new Map<string, string>();
  const aliases = new Map<string, string>();
  /** Of a resource that SAM generates, the one that it is generated for. */
  const owners = new Map<string, string>();
  const leftOutIds = new Set<string>();
  const references: Reference[] = [];
  const ownerOf = (logicalId: string): string => owners.get(logicalId) ?? logicalId;
  const resolver = new Resolver(source, {
    parameters,
    typeOf: (logicalId) => types.get(logicalId),
    isLeftOut: (logicalId) => leftOutIds.has(ownerOf(logicalId)),
    generatedAs: (name) => aliases.get(name),
    queueUrl: options.queueUrl,
    distributionUrlOf: (domain) => (isDistribution(domain, types) ? options.distributionUrl : undefined),
    used: (use) => references.push(...referenceOf(use, ownerOf)),
  });
  const sections = sectionsLeftOut(source, resolver);
  addGlobals(source, resolver);

  const present = presentResources(source, resolver);
  for (const { logicalId, written } of present) {
    if (!isRunHere(written)) leftOutIds.add(logicalId);
    types.set(logicalId, String(written.Type));
    for (const { id, type, name } of generatedBeside(logicalId, written)) {
      types.set(id, type);
      owners.set(id, logicalId);
      if (name) aliases.set(name, id);
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
  const mistakes = new Map<string, TemplateError>();
  const resources = new Map<string, Resource>();
  for (const { logicalId, line, mistake } of present) {
    const isLeftOut = leftOutIds.has(logicalId);
    const path = ['Resources', logicalId];
    const node = resolver.nodeAt(...path);
    const asValue = (raw: unknown) => new Value(raw, path, place);
    const read = () => checkAttributes(asValue(resolver.resolve(node, path)), resolver, types);
    const found = isLeftOut ? undefined : (mistake ?? attempt(read));
    if (found instanceof TemplateError) mistakes.set(logicalId, found);
    const resource = found instanceof Value ? found : asValue(resolver.resolveLeftOut(node, path));
    resources.set(logicalId, {
      logicalId,
      isLeftOut,
      type: resource.at('Type').text(),
      properties: recordOf(resource.at('Properties')),
      metadata: recordOf(resource.at('Metadata')),
      line,
    });
  }
  const template = {
    file: options.file,
    name: source.name,
    files: new Set([options.file]),
    parameters: Object.fromEntries(
      [...parameters].flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ),
    outputs: outputsOf(source, resolver, place),
    references,
    lineOf,
  };
  for (const logicalId of idleTopicsOf(resources, references)) {
    const resource = resources.get(logicalId);
    if (resource) resources.set(logicalId, { ...resource, isLeftOut: true });
    mistakes.delete(logicalId);
  }
  return { template: withResources(template, resources, sections), mistakes };
}

/**
 * A template in which further resources are left out.
 * @param reasons by logical id.
 */
export function leaveOut(template: Template, reasons: ReadonlyMap<string, string>): Template {
  const resources = [...template.resources.values()].map((resource): [string, Resource] => {
    const reason = reasons.get(resource.logicalId);
    return [resource.logicalId, reason === undefined ? resource : { ...resource, isLeftOut: true, reason }];
  });
  const others = template.leftOut.filter(({ logicalId }) => !template.resources.has(logicalId));
  return withResources(template, new Map(resources), others);
}

function withResources(
  template: Omit<Template, 'resources' | 'leftOut' | 'madeUpValues'>,
  resources: ReadonlyMap<string, Resource>,
  others: readonly LeftOut[],
): Template {
  const leftOut = [...resources.values()]
    .filter(({ isLeftOut }) => isLeftOut)
    .map(({ logicalId, type, reason }) => ({ logicalId, type, ...(reason !== undefined && { reason }) }));
  return {
    ...template,
    resources,
    leftOut: [...others, ...leftOut],
    madeUpValues: madeUpValuesOf(template.references, resources),
  };
}

function isDistribution(domain: string, types: ReadonlyMap<string, string>): boolean {
  return [...types].some(
    ([logicalId, type]) =>
      type === 'AWS::CloudFront::Distribution' && domain === nameOf.distributionDomain(logicalId),
  );
}

function checkAttributes(resource: Value, resolver: Resolver, types: ReadonlyMap<string, string>): Value {
  resource.only(ATTRIBUTES);
  for (const other of resource.at('DependsOn').ifPresent((value) => value.listOrOne()) ?? [])
    if (!resolver.nodeAt('Resources', other.text()) && !types.has(other.text()))
      other.fail('a resource of this template');
  return resource;
}

function recordOf(value: Value): Record<string, unknown> {
  return Object.fromEntries(
    (value.ifPresent((present) => present.entries()) ?? []).map(([key, { raw }]) => [key, raw]),
  );
}

/**
 * The sections that CloudFormation follows only when it deploys.
 * @throws TemplateError for an unknown section or transform.
 */
function sectionsLeftOut(source: Source, resolver: Resolver): LeftOut[] {
  const root = resolver.nodeAt();
  const leftOut: LeftOut[] = [];
  for (const { key } of isMap(root) ? root.items : source.fail(1, 'a map of sections', 'something else')) {
    const logicalId = String(key);
    if (!isScalar(key) || !SECTIONS.includes(logicalId))
      return source.fail(isScalar(key) ? key : 1, `a section of ${SECTIONS.join(', ')}`, logicalId);
    const reason = `${source.name}:${source.lineOf(key)}: not checked here, only by CloudFormation`;
    if (['Rules', 'Hooks'].includes(logicalId))
      leftOut.push({ logicalId, type: 'Template::Section', reason });
  }
  const node = resolver.nodeAt('Transform');
  const transform = resolver.resolve(node, ['Transform']);
  const isKnown = Array.isArray(transform)
    ? transform.includes(SAM) && transform.every((one) => one === SAM || one === 'AWS::LanguageExtensions')
    : transform === SAM || transform === null;
  if (!isKnown)
    source.fail(
      node ?? 1,
      `${SAM}, or a list of it and AWS::LanguageExtensions, as Transform`,
      describe(transform),
    );
  return leftOut;
}

function addGlobals(source: Source, resolver: Resolver): void {
  const globals = resolver.nodeAt('Globals');
  const resources = resolver.nodeAt('Resources');
  const keys = isMap(resources) ? resources.items.map(({ key }) => String(key)) : [];
  const maps = keys.map((key) => resolver.nodeAt('Resources', key)).filter((node) => isMap(node));
  if (isMap(globals)) mergeGlobals(source, globals, maps);
}

/** Parameters may not contain intrinsics, so they are resolved without knowing any name. */
function declarationsOf(source: Source): ParameterDeclaration[] {
  const nothing = {
    parameters: new Map(),
    typeOf: () => undefined,
    isLeftOut: () => false,
    generatedAs: () => undefined,
    queueUrl: () => '',
    distributionUrlOf: () => undefined,
    used: () => {},
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
  /** Of a condition that cannot be evaluated here. */
  readonly mistake: TemplateError | undefined;
}

/** The resources whose condition is true or cannot be evaluated here, or that have none. */
function presentResources(source: Source, resolver: Resolver): PresentResource[] {
  const section = resolver.nodeAt('Resources');
  if (!isMap(section)) return source.fail(section ?? 1, 'a map of Resources', 'something else');
  return section.items.flatMap(({ key }) => {
    if (!isScalar(key) || typeof key.value !== 'string')
      return source.fail(section, 'a logical id', 'another kind of key');
    refuseForEach(source, key);
    const logicalId = key.value;
    const node = resolver.nodeAt('Resources', logicalId);
    if (!isMap(node)) return source.fail(key, 'a map with a Type', 'something else');
    const isPresent = isPresentAt(resolver, 'Resources', logicalId);
    if (!isPresent) return [];
    const mistake = isPresent instanceof TemplateError ? isPresent : undefined;
    // Only the shape is needed here, so the intrinsics are left as they are written.
    return [{ logicalId, line: source.lineOf(key), written: source.toPlain(node), mistake }];
  });
}

/** The value of the condition of a resource or an output, or the error if it cannot be evaluated here. */
function isPresentAt(resolver: Resolver, section: string, name: string): boolean | TemplateError {
  const condition = resolver.nodeAt(section, name, 'Condition');
  return isScalar(condition) ? resolver.tryCondition(String(condition.value), condition) : true;
}

function outputsOf(source: Source, resolver: Resolver, place: Place): Record<string, string> {
  const outputs: Record<string, string> = {};
  const section = resolver.nodeAt('Outputs');
  for (const { key } of isMap(section) ? section.items : []) {
    if (!isScalar(key)) continue;
    refuseForEach(source, key);
    const path = ['Outputs', String(key.value)];
    if (!isPresentAt(resolver, 'Outputs', String(key.value))) continue;
    const output = new Value(resolver.resolveOutput(resolver.nodeAt(...path), path), path, place);
    outputs[String(key.value)] = output
      .only(['Description', 'Value', 'Condition', 'Export'])
      .at('Value')
      .scalar();
  }
  return outputs;
}

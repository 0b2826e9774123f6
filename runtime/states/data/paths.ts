/**
 * Paths of the States Language: `$.a['b'][0]`, wildcards, slices, unions and `..`, over the input (`$`) or the
 * context object (`$$`), and the reference paths that ResultPath writes to.
 *
 * Refused by name: filters `[?()]`, scripts `[()]` and path functions such as `.length()`.
 * Follows https://states-language.net/spec.html#path and
 * https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
 */
import { DefinitionError, StateError } from './errors.ts';
import { isJsonArray, isJsonObject, type Json, ownValue, withKey } from './json.ts';

/** The data that expressions are evaluated with. */
export interface Scope {
  readonly input: Json;
  readonly context: Json;
}

type Segment =
  | { readonly kind: 'names'; readonly names: readonly (string | number)[] }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly step: number };

export interface Path {
  readonly kind: 'path';
  readonly text: string;
  readonly ofContext: boolean;
  readonly segments: readonly Segment[];
  /** Names one place at most; any other path gives an array, which may be empty. */
  readonly definite: boolean;
}

const PATTERNS = {
  descend: /\.\.(?=[^.])/y,
  wildcard: /\.\*|\[\s*\*\s*\]/y,
  afterDescend: /\*|[^.[\]()'"*?@,\s]+/y,
  dotName: /\.([^.[\]()'"*?@,\s]+)/y,
  slice: /\[\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d+)\s*)?\]/y,
  union:
    /\[\s*((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+)(?:\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+))*)\s*\]/y,
};

/**
 * Reads a path.
 * @throws DefinitionError that names the part that is not supported or not a path.
 */
export function parsePath(text: string): Path {
  const ofContext = text.startsWith('$$');
  if (!text.startsWith('$'))
    throw new DefinitionError(`Expected a path that starts with $ but received ${JSON.stringify(text)}`);
  const segments: Segment[] = [];
  let at = ofContext ? 2 : 1;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  while (at < text.length) {
    if (match(PATTERNS.descend)) {
      segments.push({ kind: 'descend' });
      const name = match(PATTERNS.afterDescend);
      if (name) segments.push(name[0] === '*' ? { kind: 'all' } : { kind: 'names', names: [name[0]] });
      else if (text[at] !== '[') refuse(text, at);
    } else if (match(PATTERNS.wildcard)) segments.push({ kind: 'all' });
    else {
      const segment =
        dotName(match(PATTERNS.dotName)) ?? slice(match(PATTERNS.slice)) ?? union(match(PATTERNS.union));
      segments.push(segment ?? refuse(text, at));
    }
    if (text[at] === '(') refuse(text, at);
  }
  if (ofContext && names(segments[0])[0] === 'Task') {
    throw new DefinitionError(
      `${text} is not supported: a task token needs the callback pattern, which is not run here`,
    );
  }
  return {
    kind: 'path',
    text,
    ofContext,
    segments,
    definite: segments.every((segment) => names(segment).length === 1),
  };
}

function refuse(text: string, at: number): never {
  const rest = text.slice(at);
  const what = /^\[\s*\?/.test(rest)
    ? 'a filter, which is not supported here'
    : rest.startsWith('(') || /^\[\s*\(/.test(rest)
      ? 'a script or path function, which is not supported here'
      : 'no step of a path';
  throw new DefinitionError(
    `Expected a path but received ${JSON.stringify(text)}: ${JSON.stringify(rest)} is ${what}`,
  );
}

function names(segment: Segment | undefined): readonly (string | number)[] {
  return segment?.kind === 'names' ? segment.names : [];
}

function dotName(found: RegExpExecArray | null): Segment | undefined {
  return found?.[1] === undefined ? undefined : { kind: 'names', names: [found[1]] };
}

function slice(found: RegExpExecArray | null): Segment | undefined {
  if (!found) return undefined;
  const step = found[3] === undefined ? 1 : Number(found[3]);
  if (step < 1)
    throw new DefinitionError(`Expected a slice's step of 1 or more but received ${step} in ${found[0]}`);
  return {
    kind: 'slice',
    step,
    ...(found[1] ? { from: Number(found[1]) } : {}),
    ...(found[2] ? { to: Number(found[2]) } : {}),
  };
}

function union(found: RegExpExecArray | null): Segment | undefined {
  if (found?.[1] === undefined) return undefined;
  const parts = found[1].match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+/g) ?? [];
  return {
    kind: 'names',
    names: parts.map((part) =>
      /^['"]/.test(part) ? part.slice(1, -1).replace(/\\(.)/g, '$1') : Number(part),
    ),
  };
}

/** The value at a definite path, or undefined; an array of all matches for any other path. */
export function readPath(path: Path, scope: Scope): Json | undefined {
  let found: Json[] = [path.ofContext ? scope.context : scope.input];
  for (const segment of path.segments) found = found.flatMap((value) => step(segment, value));
  return path.definite ? found[0] : found;
}

/**
 * The value at a path.
 * @throws StateError States.Runtime if there is none.
 */
export function requirePath(path: Path, scope: Scope, field: string): Json {
  const value = readPath(path, scope);
  if (value !== undefined) return value;
  const searched = path.ofContext ? scope.context : scope.input;
  // Executions on AWS fail with States.Runtime, not with the documented States.ParameterPathFailure.
  throw new StateError(
    'States.Runtime',
    `The JSONPath '${path.text}' specified for the field '${field}' could not be found in the input '${JSON.stringify(searched)}'`,
  );
}

function step(segment: Segment, value: Json): Json[] {
  switch (segment.kind) {
    case 'names':
      return segment.names.flatMap((name) => one(child(value, name)));
    case 'all':
      return children(value);
    case 'descend':
      return [value, ...children(value).flatMap((inner) => step(segment, inner))];
    case 'slice': {
      if (!isJsonArray(value)) return [];
      const picked = value.slice(segment.from, segment.to);
      return picked.filter((_, index) => index % segment.step === 0);
    }
  }
}

function one(value: Json | undefined): Json[] {
  return value === undefined ? [] : [value];
}

function children(value: Json): Json[] {
  if (isJsonArray(value)) return [...value];
  return isJsonObject(value) ? Object.values(value) : [];
}

function child(value: Json, name: string | number): Json | undefined {
  if (typeof name === 'number') return isJsonArray(value) ? value.at(name) : undefined;
  return isJsonObject(value) ? ownValue(value, name) : undefined;
}

/**
 * Reads a path that names one place, in the input or in the context object.
 * @throws DefinitionError
 */
export function parseSinglePath(text: string): Path {
  const path = parsePath(text);
  if (path.definite) return path;
  throw new DefinitionError(`Expected a reference path (one place) but received ${JSON.stringify(text)}`);
}

/**
 * Reads a ResultPath: a path that names one place in the input.
 * @throws DefinitionError
 */
export function parseReferencePath(text: string): Path {
  const path = parsePath(text);
  if (path.ofContext || !path.definite) {
    throw new DefinitionError(
      `Expected a reference path (one place in the input) but received ${JSON.stringify(text)}`,
    );
  }
  return path;
}

/**
 * Puts a result into a copy of the raw input.
 * @throws StateError States.ResultPathMatchFailure if the path cannot be created in the input.
 */
export function writePath(path: Path, input: Json, result: Json): Json {
  return write(
    path.segments.map((segment) => names(segment)[0] ?? ''),
    input,
    result,
    path.text,
  );
}

function write(
  steps: readonly (string | number)[],
  value: Json | undefined,
  result: Json,
  text: string,
): Json {
  const [name, ...rest] = steps;
  if (name === undefined) return result;
  if (typeof name === 'string' && (value === undefined || isJsonObject(value))) {
    const object = value ?? {};
    return withKey(object, name, write(rest, ownValue(object, name), result, text));
  }
  if (typeof name === 'number' && isJsonArray(value) && name >= 0 && name < value.length) {
    return value.with(name, write(rest, value[name], result, text));
  }
  throw new StateError(
    'States.ResultPathMatchFailure',
    `Unable to apply the ResultPath '${text}' to the state's input: ${JSON.stringify(name)} has no place in ${JSON.stringify(value ?? null)}`,
  );
}

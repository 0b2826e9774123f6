import { isPlainObject, parseExactly, readJsonPath, valueAt, writeExactly } from './exact-json.ts';

/** What a mapping template is rendered over: a request, or an integration's answer to it. */
export interface TemplateInput {
  /** The payload; an empty one reads as {}. */
  readonly body: string;
  /** The client's request parameters, in integration responses too. */
  readonly parameters: RequestParameters;
  readonly context: Readonly<Record<string, unknown>>;
  readonly stageVariables: Readonly<Record<string, string>>;
}

export interface RequestParameters {
  readonly path: Readonly<Record<string, string>>;
  readonly querystring: Readonly<Record<string, string>>;
  /** By the names that the client wrote, in its own case. */
  readonly header: Readonly<Record<string, string>>;
}

/** What a template may set. */
export interface ResponseOverride {
  status?: unknown;
  readonly header: Record<string, unknown>;
}

type Functions = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The functions of $input; made anew for each rendering. */
function inputOf({ body, parameters }: TemplateInput): Functions {
  // API Gateway gives {} for an empty payload, from $input.body as from $input.json('$').
  const payload = body === '' ? '{}' : body;
  let parsed: unknown;
  const read = (expression: unknown): unknown => {
    parsed ??= parseExactly(payload);
    const path = readJsonPath(String(expression));
    if (!path) throw new Error(`expected a definite JSONPath such as $.a.b, found ${expression}`);
    return valueAt(parsed, path);
  };
  return {
    body: () => payload,
    // A path that leads nowhere gives an empty text, in quotes.
    json: (expression: unknown) => {
      const value = read(expression);
      return value === undefined ? '""' : writeExactly(value);
    },
    path: (expression: unknown) => toTemplateValue(read(expression)),
    params: (name?: unknown) => {
      if (name === undefined) return toTemplateValue(parameters);
      const places = [parameters.path, parameters.querystring, parameters.header];
      return places.map((place) => valueAt(place, [String(name)])).find((value) => value !== undefined) ?? '';
    },
  };
}

/**
 * JSON as a template sees it: a map without a prototype, whose members alone can be named; null is nothing; a number
 * that JavaScript cannot hold is its text.
 */
function toTemplateValue(value: unknown): unknown {
  if (value === null) return undefined;
  if (JSON.isRawJSON(value)) {
    const number = Number(value.rawJSON);
    return String(number) === value.rawJSON ? number : value.rawJSON;
  }
  if (Array.isArray(value)) return unprintableList(value.map(toTemplateValue));
  if (!isPlainObject(value)) return value;
  const map: Record<string, unknown> = Object.create(UNPRINTABLE_MAP);
  for (const [key, member] of Object.entries(value)) map[key] = toTemplateValue(member);
  return map;
}

const refuseToPrint = (what: string) => (): never => {
  throw new Error(`expected a text to print, found ${what}: $input.json prints one as JSON`);
};

// velocityjs prints a map or list in a form of its own, which is not API Gateway's. It asks a map for toString and a
// list for map, first thing; no template can.
const UNPRINTABLE_MAP: object = Object.create(null, { toString: { get: refuseToPrint('a map') } });

function unprintableList(items: unknown[]): unknown[] {
  return Object.defineProperty(items, 'map', { get: refuseToPrint('a list') });
}

// Apache Commons' escapeJavaScript, which API Gateway calls: JSON's escapes, and \' and \/ besides.
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\n': '\\n',
  '\t': '\\t',
  '\f': '\\f',
  '\r': '\\r',
  "'": "\\'",
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
};

export function escapeJavaScript(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be escaped.
  return String(value).replace(/[\x00-\x1f'"\\/]|[^\x00-\x7f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return SHORT_ESCAPES[character] ?? `\\u${code}`;
  });
}

const UTIL: Functions = {
  escapeJavaScript,
  parseJson: (text: unknown) => toTemplateValue(parseExactly(String(text))),
  // Java's URLEncoder, form-encoded: a space is a plus, and only these stay as they are.
  urlEncode: (text: unknown) =>
    encodeURIComponent(String(text).toWellFormed())
      .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+'),
  urlDecode: (text: unknown) => decodeURIComponent(String(text).replaceAll('+', ' ')),
  base64Encode: (text: unknown) => Buffer.from(String(text), 'utf8').toString('base64'),
  base64Decode: (text: unknown) => Buffer.from(String(text), 'base64').toString('utf8'),
};

export const INPUT_METHODS: readonly string[] = ['json', 'params', 'path'];
export const UTIL_METHODS: readonly string[] = Object.keys(UTIL);
/** The $context variables that are known here. */
export const CONTEXT_VARIABLES: readonly string[] = [
  'accountId',
  'apiId',
  'httpMethod',
  'identity',
  'path',
  'protocol',
  'requestId',
  'requestTimeEpoch',
  'resourcePath',
  'responseOverride',
  'stage',
];

/** $input and $util: their methods are called by name; everything else about them is out of a template's reach. */
export class Callable {
  readonly #functions: Functions;
  constructor(functions: Functions) {
    this.#functions = functions;
  }
  call(name: string, args: unknown[]): unknown {
    const method = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (!method) throw new Error(`expected one of ${Object.keys(this.#functions).join(', ')}, found ${name}`);
    return Reflect.apply(method, undefined, args);
  }
  get body(): unknown {
    return this.#functions.body && this.call('body', []);
  }
}

/** The variables that a template starts with. */
export function variablesOf(input: TemplateInput, override: ResponseOverride): Record<string, unknown> {
  const context: object = Object.assign(Object.create(null), toTemplateValue(input.context), {
    responseOverride: override,
  });
  return {
    input: new Callable(inputOf(input)),
    util: new Callable(UTIL),
    context,
    stageVariables: toTemplateValue(input.stageVariables),
  };
}

import { isPlainObject, parseExactly, readJsonPath, valueAt, writeExactly } from './exact-json.ts';

/** The data that a mapping template is rendered with: a request, or an integration's response to it. */
export interface TemplateInput {
  /** The payload; an empty one reads as {}. */
  readonly body: string;
  /** The client's request parameters, for response templates, too. */
  readonly parameters: RequestParameters;
  readonly context: Readonly<Record<string, unknown>>;
  readonly stageVariables: Readonly<Record<string, string>>;
}

interface RequestParameters {
  readonly path: Readonly<Record<string, string>>;
  readonly querystring: Readonly<Record<string, string>>;
  /** The names are as the client wrote them. */
  readonly header: Readonly<Record<string, string>>;
}

/** `$context.responseOverride`, which a template may set. */
export interface ResponseOverride {
  status?: unknown;
  readonly header: Record<string, unknown>;
}

type Functions = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The functions of $input for one rendering. */
function inputOf({ body, parameters }: TemplateInput): Functions {
  // API Gateway reads an empty payload as {}, in $input.body as in $input.json('$').
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
    // A path without a value gives an empty text in quotes.
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
 * Converts JSON for a template: an object loses its prototype, so that a template can name only its members; null
 * becomes undefined; a number that JavaScript cannot represent becomes its text.
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

// velocityjs prints maps and lists in another form than API Gateway. To print, it first reads toString of a map and
// map of a list, which no template can name: these getters make printing fail.
const UNPRINTABLE_MAP: object = Object.create(null, { toString: { get: refuseToPrint('a map') } });

function unprintableList(items: unknown[]): unknown[] {
  return Object.defineProperty(items, 'map', { get: refuseToPrint('a list') });
}

// Apache Commons' escapeJavaScript, which API Gateway calls: JSON's escapes, and also \' and \/.
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

/** `$util.escapeJavaScript`; undefined stays undefined. */
function escapeJavaScript(value: unknown): string | undefined {
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
  // Java's URLEncoder encodes as for a form: a space becomes a plus, and !'()~ are escaped, too.
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
/** The $context variables that are supported. */
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

/** $input or $util. A template can call its functions by name and reach nothing else of it. */
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

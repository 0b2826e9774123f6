/**
 * The parser of intrinsic function calls, such as `States.Format('{}/{}', $.a, States.UUID())`.
 *
 * Inside quotes, `\'` `\\` `\{` `\}` stand for those characters; any other use of a backslash is refused at load, where
 * AWS fails at run time. Follows https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
 */
import { DefinitionError, StateError } from './errors.ts';
import { FUNCTIONS, type FunctionName, isFunctionName } from './intrinsic-functions.ts';
import type { Json } from './json.ts';
import { type Path, parsePath, readPath, type Scope } from './paths.ts';

/** An argument of a call. `around` has the parts of a string between its `{}`s, which States.Format fills. */
type Argument =
  | { readonly kind: 'literal'; readonly value: Json; readonly around?: readonly string[] }
  | Path
  | Call;

export interface Call {
  readonly kind: 'call';
  readonly text: string;
  readonly name: FunctionName;
  readonly arguments: readonly Argument[];
}

// AWS: "You can nest up to 10 intrinsic functions within a field".
const MAX_NESTING = 10;

/**
 * Reads one call.
 * @throws DefinitionError that names the place where the text is not a call.
 */
export function parseCall(text: string): Call {
  const reader = new Reader(text);
  const call = reader.call(1);
  reader.end();
  return call;
}

/**
 * Evaluates a call.
 * @throws StateError States.IntrinsicFailure if a function fails; States.Runtime if a path leads nowhere.
 */
export function evaluateCall(call: Call, scope: Scope): Json {
  const values = call.arguments.map((argument) => evaluateArgument(argument, call, scope));
  const first = call.arguments[0];
  const around = first?.kind === 'literal' ? first.around : undefined;
  try {
    return FUNCTIONS[call.name](values, around);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StateError(
      'States.IntrinsicFailure',
      `The function '${call.text}' had the following error: ${reason}`,
    );
  }
}

function evaluateArgument(argument: Argument, call: Call, scope: Scope): Json {
  if (argument.kind === 'literal') return argument.value;
  if (argument.kind === 'call') return evaluateCall(argument, scope);
  const value = readPath(argument, scope);
  if (value !== undefined) return value;
  const searched = JSON.stringify(argument.ofContext ? scope.context : scope.input);
  throw new StateError(
    'States.Runtime',
    `The function '${call.text}' had the following error: The JsonPath argument for the field '${argument.text}' could not be found in the input '${searched}'`,
  );
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  call(depth: number): Call {
    const start = this.#at;
    const name = this.#match(/States\.\w+/y);
    if (!name) return this.#refuse('a call of an intrinsic function');
    if (!isFunctionName(name)) {
      throw new DefinitionError(
        `Expected one of ${Object.keys(FUNCTIONS).join(', ')} but received ${name} in ${JSON.stringify(this.#text)}`,
      );
    }
    if (depth > MAX_NESTING)
      throw new DefinitionError(
        `Expected at most ${MAX_NESTING} nested functions in ${JSON.stringify(this.#text)}`,
      );
    if (!this.#match(/\s*\(\s*/y)) this.#refuse('(');
    const list: Argument[] = [];
    if (!this.#match(/\)/y)) {
      do list.push(this.#argument(depth));
      while (this.#match(/\s*,\s*/y));
      if (!this.#match(/\s*\)/y)) this.#refuse(', or )');
    }
    return { kind: 'call', text: this.#text.slice(start, this.#at), name, arguments: list };
  }

  end(): void {
    if (this.#at < this.#text.length) this.#refuse('nothing more');
  }

  #argument(depth: number): Argument {
    const next = this.#text[this.#at];
    if (next === "'") return this.#quoted();
    if (next === '$') return this.#path();
    if (next === 'S') return this.call(depth + 1);
    const literal = this.#match(/(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y);
    if (literal === undefined)
      return this.#refuse("a path, a 'string', a number, true, false, null or a call");
    return { kind: 'literal', value: JSON.parse(literal) };
  }

  #quoted(): Argument {
    this.#at += 1;
    const around = [''];
    let value = '';
    const add = (characters: string): void => {
      value += characters;
      around.push((around.pop() ?? '') + characters);
    };
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) this.#refuse("the ' that ends the string");
      this.#at += 1;
      if (character === "'") return { kind: 'literal', value, around };
      if (character === '\\') {
        const escaped = this.#match(/['\\{}]/y);
        if (escaped === undefined) this.#refuse("one of ' \\ { } after a backslash");
        add(escaped ?? '');
      } else if (character === '{' && this.#match(/\}/y)) {
        value += '{}';
        around.push('');
      } else add(character ?? '');
    }
  }

  /** A path ends at a comma or parenthesis outside its brackets. */
  #path(): Path {
    const text = this.#match(/\$(?:\[(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"\]])*\]|[^[\],()\s])*/y);
    return parsePath(text ?? '');
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #refuse(expected: string): never {
    const rest = this.#text.slice(this.#at);
    throw new DefinitionError(
      `Expected ${expected} but received ${rest === '' ? 'the end' : JSON.stringify(rest)} in ${JSON.stringify(this.#text)}`,
    );
  }
}

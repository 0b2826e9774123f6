const ANY_TEXT = Symbol('any text');
const ANY_CHARACTER = Symbol('any one character');

type Token = string | typeof ANY_TEXT | typeof ANY_CHARACTER;

type Matcher = (text: string) => boolean;

/** Compiles a pattern of a policy or a CORS rule: `*` matches any text, `?` any one character. */
export function compileWildcard(pattern: string, { ignoresCase = false } = {}): Matcher {
  const fold = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
  const matches = matcherOf(
    fold(pattern)
      .split('')
      .map((character) => (character === '*' ? ANY_TEXT : character === '?' ? ANY_CHARACTER : character)),
  );
  return (text) => matches(fold(text));
}

/**
 * Compiles a pattern that is split into tokens: `*` matches any text; a token that starts with a backslash, such as
 * `\*`, matches the character after it.
 */
export function compileStars(tokens: readonly string[]): Matcher {
  return matcherOf(
    tokens.flatMap<Token>((token) => (token === '*' ? [ANY_TEXT] : token.replace(/^\\/, '').split(''))),
  );
}

/** Backtracks to the last `*` only. A regular expression would backtrack to every `*`, which could take hours. */
function matcherOf(tokens: readonly Token[]): Matcher {
  return (text) => {
    let position = 0;
    let token = 0;
    let lastStar = -1;
    let takenByStar = 0;
    while (position < text.length) {
      const wanted = tokens[token];
      if (wanted === ANY_TEXT) {
        lastStar = token;
        takenByStar = position;
        token += 1;
      } else if (wanted === ANY_CHARACTER || wanted === text[position]) {
        token += 1;
        position += 1;
      } else if (lastStar >= 0) {
        takenByStar += 1;
        position = takenByStar;
        token = lastStar + 1;
      } else return false;
    }
    return tokens.slice(token).every((rest) => rest === ANY_TEXT);
  };
}

const ANY_TEXT = Symbol('any text');
const ANY_CHARACTER = Symbol('any one character');

/** What a pattern is made of, one character after the other. */
type Token = string | typeof ANY_TEXT | typeof ANY_CHARACTER;

type Matcher = (text: string) => boolean;

/** A pattern of AWS's policies and rules: `*` is any text, `?` any one character. */
export function compileWildcard(pattern: string, { ignoresCase = false } = {}): Matcher {
  const fold = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
  const matches = matcherOf(
    fold(pattern)
      .split('')
      .map((character) => (character === '*' ? ANY_TEXT : character === '?' ? ANY_CHARACTER : character)),
  );
  return (text) => matches(fold(text));
}

/** A pattern of which `*` alone is special, unless it is the second of its token: `\*`. */
export function compileStars(tokens: readonly string[]): Matcher {
  return matcherOf(
    tokens.flatMap<Token>((token) => (token === '*' ? [ANY_TEXT] : token.replace(/^\\/, '').split(''))),
  );
}

/** Goes back to the last star only: a regular expression would try all of them, and might never end. */
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

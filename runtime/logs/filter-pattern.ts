/** A pattern that this service does not support. */
export class PatternError extends Error {}

const TERM = /([-?]?)(?:"((?:\\.|[^"\\])*)"|(\S+))\s*/gy;

/**
 * Compiles a filter pattern of terms. A message matches if it contains every term, one of those with `?`, and none of
 * those with `-`, each exactly as it is written.
 * @throws PatternError for any other pattern.
 */
export function compileFilterPattern(pattern: string): (message: string) => boolean {
  const text = pattern.trim();
  if (/^[{[]/.test(text) || /(^|\s)[-?]?%/.test(text))
    throw new PatternError(
      `Invalid filter pattern: the local CloudWatch Logs knows terms only, not ${pattern}`,
    );
  const terms = [...text.matchAll(TERM)].map(([, sign = '', phrase, word = '']) => ({
    sign,
    term: phrase?.replace(/\\(.)/g, '$1') ?? word,
  }));
  const withSign = (wanted: string) => terms.filter(({ sign }) => sign === wanted).map(({ term }) => term);
  const all = withSign('');
  const some = withSign('?');
  const none = withSign('-');
  return (message) =>
    all.every((term) => message.includes(term)) &&
    (some.length === 0 || some.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}

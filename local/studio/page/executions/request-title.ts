import { at, parseJson } from '../calls/call.ts';

/** What a request asked for, in words, from its input. */
export function titleOf(input: string): string {
  const request = parseJson(input);
  const [key, prefix] = [at(request, 'key'), at(request, 'prefix')];
  const what =
    typeof key === 'string' ? key : typeof prefix === 'string' ? `Images below ${prefix}` : 'All images';
  const how = [
    ...(at(request, 'force') === true ? ['forced'] : []),
    ...(at(request, 'dryRun') === true ? ['dry run'] : []),
  ];
  return how.length > 0 ? `${what} (${how.join(', ')})` : what;
}

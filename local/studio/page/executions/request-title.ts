import { useEffect, useState } from 'preact/hooks';
import { at, parseJson } from '../calls/call.ts';
import { describeExecution } from '../calls/states.ts';

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

/** Inputs never change. */
const titles = new Map<string, string>();

/** ListExecutions tells no inputs: asks for that of an execution once. Undefined until it is known. */
export function useRequestTitle(arn: string, isRequest: boolean): string | undefined {
  const [title, setTitle] = useState(titles.get(arn));
  useEffect(() => {
    if (!isRequest || titles.has(arn)) return;
    const stop = new AbortController();
    describeExecution(arn, stop.signal).then(
      ({ input }) => {
        titles.set(arn, titleOf(input));
        setTitle(titleOf(input));
      },
      // The name stands in for it.
      () => {},
    );
    return () => stop.abort();
  }, [arn, isRequest]);
  return title;
}

import { useEffect, useState } from 'preact/hooks';
import { describeExecution } from '../calls/states.ts';
import type { Entry } from './execution-list.ts';
import { titleOf } from './request-title.ts';

/** What ListExecutions does not tell of a request. */
interface Known {
  readonly title: string;
  readonly error: string | undefined;
}

/** By ARN and status: an input never changes, and an error comes with the end. */
const known = new Map<string, Known>();

/** Asks what a request was for, and how it failed, once in each status. Undefined until it is known, and of an upload. */
export function useRequest({ arn, kind, status }: Entry): Known | undefined {
  const [found, setFound] = useState<Known>();
  const name = `${arn} ${status}`;
  useEffect(() => {
    if (kind !== 'request' || known.has(name)) return;
    const stop = new AbortController();
    describeExecution(arn, stop.signal).then(
      ({ input, error }) => {
        const facts = { title: titleOf(input), error };
        known.set(name, facts);
        setFound(facts);
      },
      // The name stands in for it.
      () => {},
    );
    return () => stop.abort();
  }, [arn, kind, name]);
  return known.get(name) ?? found;
}

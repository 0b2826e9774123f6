import { at, parseJson } from '../calls/call.ts';
import type { Execution, MapRun } from '../calls/states.ts';

/** What became of the images of a bulk run, so far as it tells. */
export interface BulkCounts {
  readonly total: number;
  /** In batches that have ended; by what became of them only at the end. */
  readonly done: number;
  readonly toGo: number;
  /** Whether the parts say what became of the images. */
  readonly isCounted: boolean;
  readonly parts: readonly BulkPart[];
  /** By error name. */
  readonly refusals: readonly (readonly [string, number])[];
}

export interface BulkPart {
  readonly name: 'made' | 'would be made' | 'unchanged' | 'refused' | 'not processed' | 'done' | 'stopped';
  readonly count: number;
}

/** While it runs, DescribeMapRun counts images in batches; the output at the end, or the cause, says what became of them. */
export function countsOf({ itemCounts }: MapRun, { output, cause, status }: Execution): BulkCounts {
  const { total = 0, succeeded = 0, failed = 0, timedOut = 0, aborted = 0 } = itemCounts;
  const images = at(parseJson(output ?? '{}'), 'images') ?? parseJson(cause ?? '');
  const rejected = Object.entries(Object(at(images, 'rejected'))).map(
    ([name, count]) => [name, Number(count)] as const,
  );
  const counted = (key: string) => Number(at(images, key) ?? 0);
  const parts: BulkPart[] = [
    { name: 'made', count: counted('resized') },
    { name: 'would be made', count: counted('wouldResize') },
    { name: 'unchanged', count: counted('unchanged') },
    { name: 'refused', count: rejected.reduce((sum, [, count]) => sum + count, 0) },
    { name: 'not processed', count: counted('unprocessed') },
  ];
  const isRunning = status === 'RUNNING';
  // Those of a run that was stopped have not ended: nobody knows what became of them.
  const done = succeeded + failed + timedOut + (isRunning ? aborted : 0);
  const toGo = Math.max(0, total - done);
  const isCounted = typeof images === 'object' && images !== null && !isRunning;
  return {
    total,
    done,
    toGo: isRunning ? toGo : 0,
    isCounted,
    parts: isCounted
      ? parts.filter(({ count }) => count > 0)
      : [
          { name: 'done', count: done },
          ...(!isRunning && toGo > 0 ? [{ name: 'stopped', count: toGo } as const] : []),
        ],
    refusals: rejected,
  };
}

import { type Finding, fit, stop } from '../finding.ts';
import type { SmokeCosts } from './costs.ts';
import type { Execution, Manifest, Observations, Seen } from './observations.ts';
import type { SmokePlan } from './plan.ts';

/** What the observations mean: for each step what it took and cost, or what to do. */
export function judge(seen: Observations, plan: SmokePlan, costs: SmokeCosts): Finding[] {
  return [
    look('upload', seen.upload, (found, seconds) => judgeUpload(found, seconds, costs.upload)),
    look('post', seen.request, (found, seconds) => judgeRequest(found, seconds, costs)),
    ...(seen.delivery === undefined
      ? []
      : [look('delivery', seen.delivery, (found, seconds) => judgeDelivery(found?.status, seconds))]),
    look('refusal', seen.refusal, (found, seconds) => judgeRefusal(found, seconds, costs.refusal)),
    look('removal', seen.removal, (found, seconds) =>
      judgeRemoval(found?.isGone, seconds, plan, costs.removal),
    ),
    look('cleaning', seen.cleaning, (found) => judgeCleaning(found?.left, plan)),
  ];
}

function look<T>(
  subject: string,
  seen: Seen<T>,
  judgeFound: (found: T | undefined, seconds: number) => readonly ['ok' | 'stop', string],
): Finding {
  if ('error' in seen) return stop(subject, fit`Failed: ${seen.error}.`);
  const [level, text] = judgeFound(seen.found, seen.seconds);
  return { level, subject, text };
}

function judgeUpload(manifest: Manifest | undefined, seconds: number, dollars: number) {
  if (manifest === undefined)
    return ['stop', `Try again: no manifest after ${rounded(seconds)}, as for a new bucket.`] as const;
  if (manifest.status !== 'RESIZED')
    return ['stop', fit`Look at the image: ${manifest.error?.name ?? manifest.status}.`] as const;
  const { renditions = [] } = manifest;
  return ['ok', `${renditions.length} renditions after ${rounded(seconds)}, ${price(dollars)}.`] as const;
}

function judgeRequest(execution: Execution | undefined, seconds: number, costs: SmokeCosts) {
  if (execution === undefined) return ['stop', 'No answer.'] as const;
  const { httpStatus, message = '', status, error = '', gets } = execution;
  if (httpStatus === 403)
    return ['stop', 'Allow yourself execute-api:Invoke: the API answered 403.'] as const;
  if (httpStatus !== 200)
    return [
      'stop',
      message ? fit`The API answered ${httpStatus}: ${message}` : `The API answered ${httpStatus}.`,
    ] as const;
  if (status === 'RUNNING')
    return ['stop', `Look at the execution: it still runs after ${rounded(seconds)}.`] as const;
  if (status !== 'SUCCEEDED') return ['stop', fit`Look at the execution: ${status ?? ''} ${error}.`] as const;
  return ['ok', `made again after ${rounded(seconds)}, ${price(costs.request + gets * costs.get)}.`] as const;
}

function judgeDelivery(status: number | undefined, seconds: number) {
  return status === 200
    ? (['ok', `The manifest came after ${rounded(seconds)}.`] as const)
    : (['stop', fit`CloudFront answers ${status ?? 'nothing'}: docs/deliver.md.`] as const);
}

function judgeRefusal(manifest: Manifest | undefined, seconds: number, dollars: number) {
  if (manifest === undefined) return ['stop', `No manifest after ${rounded(seconds)}.`] as const;
  if (manifest.status !== 'REJECTED')
    return ['stop', fit`A text was not refused: its manifest is ${manifest.status}.`] as const;
  const name = manifest.error?.name ?? '';
  return ['ok', fit`${name} after ${rounded(seconds)}, ${price(dollars)}.`] as const;
}

function judgeRemoval(
  isGone: boolean | undefined,
  seconds: number,
  { removesOutputs }: SmokePlan,
  dollars: number,
) {
  if (!removesOutputs) return ['ok', 'RemoveWithOriginal is false: the outputs were kept.'] as const;
  return isGone
    ? (['ok', `The outputs were gone after ${rounded(seconds)}, ${price(dollars)}.`] as const)
    : (['stop', `The outputs are there after ${rounded(seconds)}: look at the queue.`] as const);
}

function judgeCleaning(left: number | undefined, { inputPrefix, outputPrefix }: SmokePlan) {
  return left === 0
    ? (['ok', 'Nothing of it is left.'] as const)
    : (['stop', fit`Delete ${inputPrefix} and ${outputPrefix}.`] as const);
}

const rounded = (seconds: number): string => `${seconds.toFixed(1)} s`;
/** A millionth of a dollar is the last digit that means something. */
export const price = (dollars: number): string => `$${dollars.toFixed(6)}`;

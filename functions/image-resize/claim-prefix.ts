import { createHash } from 'node:crypto';
import type { Executions } from './executions.ts';
import type { ObjectStore } from './object-store.ts';
import type { ClaimRequest } from './request.ts';

/** `runningExecution` is the ARN of the bulk run that has the prefix already; missing if the request got it. */
export interface ClaimedPrefix {
  readonly runningExecution?: string;
}

/**
 * Gives a prefix to one bulk run at a time. Nobody has to release it: whoever wants a prefix next asks Step Functions
 * whether its owner still runs.
 * @throws StorageThrottledError, StorageUnavailableError, S3's own error, or that of Step Functions.
 */
export async function claimPrefix(
  { prefix, execution }: ClaimRequest,
  resized: ObjectStore,
  executions: Executions,
): Promise<ClaimedPrefix> {
  // A prefix may have as many bytes as a key, so that a key with all of it would be too long.
  const key = `runs/claims/${createHash('sha256').update(prefix).digest('hex')}.json`;
  const claim = { key, body: JSON.stringify({ prefix, execution }), contentType: 'application/json' };
  for (;;) {
    const stored = await resized.open(key);
    const owner = stored && ownerOf((await stored.read()).toString('utf8'));
    if (owner !== undefined && owner !== execution && (await executions.isRunning(owner)))
      return { runningExecution: owner };
    if (await resized.putIfUnchanged(claim, stored?.etag)) return {};
  }
}

/** @returns undefined if the file is no claim: such a file must not stop every bulk run over the prefix. */
function ownerOf(text: string): string | undefined {
  try {
    const claim: unknown = JSON.parse(text);
    return typeof claim === 'object' && claim !== null && 'execution' in claim
      ? String(claim.execution)
      : undefined;
  } catch {
    return undefined;
  }
}

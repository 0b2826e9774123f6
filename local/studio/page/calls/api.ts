import { call, textAt } from './call.ts';

/**
 * Sends POST /process-image.
 * @param body such as `{}`, `{"key"}` or `{"prefix"}`, with `force` or `dryRun`.
 * @throws StackUnreachableError, CallError with the API's message
 */
export async function processImage(body: object): Promise<{ readonly executionArn: string }> {
  const answer = await call('/studio/api/process-image', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { executionArn: textAt(await answer.json(), 'executionArn') };
}

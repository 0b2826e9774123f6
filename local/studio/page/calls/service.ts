import { call, readText } from './call.ts';

/** Calls an operation of a service in the AWS JSON protocol. @throws StackUnreachableError, CallError */
export async function callService(
  service: 'states' | 'sqs' | 'logs',
  target: string,
  body: object,
  signal?: AbortSignal,
): Promise<unknown> {
  const answer = await call(`/studio/${service}`, {
    method: 'POST',
    headers: { 'X-Amz-Target': target },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
  const text = await readText(answer, signal);
  return text === '' ? {} : JSON.parse(text);
}

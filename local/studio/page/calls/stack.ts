import type { StackFacts } from '../../stack-facts.ts';
import { call } from './call.ts';

/** @throws StackUnreachableError, CallError */
export async function readStack(signal?: AbortSignal): Promise<StackFacts> {
  return (await call('/studio/stack.json', { signal: signal ?? null })).json();
}

import { openStack } from './deployed-stack.ts';
import { startPipeline, type TargetPipeline } from './pipeline.ts';

/** NAME of `npm test -- --stack NAME`, set by .mocharc.js: the deployed stack to test instead of the local runtime. */
const { STACK } = process.env;

/** Starts the local runtime, or opens the deployed stack if one is named. */
export function startTarget(): Promise<TargetPipeline> {
  return STACK ? openStack(STACK) : startPipeline();
}

/** A suite that needs the local runtime. On a deployed stack it is skipped, and its title contains the reason. */
export function describeLocally(title: string, why: string, suite: (this: Mocha.Suite) => void): void {
  if (STACK) describe.skip(`${title} (only here: ${why})`, suite);
  else describe(title, suite);
}

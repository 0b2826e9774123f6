import { openStack } from './deployed-stack.ts';
import { startPipeline, type TargetPipeline } from './pipeline.ts';

/** What `npm test -- --stack NAME` names: a deployed stack to run against instead of the local runtime. */
const { STACK } = process.env;

/** The pipeline that the tests run against: the local runtime, or the stack that was named. */
export function startTarget(): Promise<TargetPipeline> {
  return STACK ? openStack(STACK) : startPipeline();
}

/** Tests of what only the local runtime lets a test do; on a stack they are skipped, and say why. */
export function describeLocally(title: string, why: string, suite: (this: Mocha.Suite) => void): void {
  if (STACK) describe.skip(`${title} (only here: ${why})`, suite);
  else describe(title, suite);
}

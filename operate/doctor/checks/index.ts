/** Checks without calls: what a machine and an account are like, compared with what would be deployed. */

import type { Plan } from '../../deployment.ts';
import type { Finding } from '../../finding.ts';
import type { Account } from '../account.ts';
import { checkApi } from './api.ts';
import { checkBuckets } from './buckets.ts';
import { checkDelivery } from './delivery.ts';
import { checkKey } from './key.ts';
import { checkLambda } from './lambda.ts';
import { checkStack } from './stack.ts';

export { checkMachine, checkRegion } from './machine.ts';

/** What would fail a deployment, or surprise whoever deploys. */
export function checkAccount(plan: Plan, account: Account): Finding[] {
  return [checkStack, checkLambda, checkApi, checkDelivery, checkBuckets, checkKey].flatMap((check) =>
    check(plan, account),
  );
}

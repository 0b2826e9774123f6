import type { DeployedStack } from '../deployed-stack.ts';
import { formatFinding } from '../finding.ts';
import { costSmoke, sumCosts } from './costs.ts';
import { judge, price } from './judge.ts';
import { observe, type SmokeTarget } from './observe.ts';
import { PATIENCE, type Patience, planSmoke } from './plan.ts';

export interface SmokeReport {
  readonly lines: readonly string[];
  readonly isWell: boolean;
}

/**
 * One upload, one POST, one refusal and one removal.
 * @param id makes the names of its objects unique.
 */
export async function smoke(
  stack: DeployedStack,
  target: SmokeTarget,
  id: string,
  stopping: AbortSignal,
  patience: Patience = PATIENCE,
): Promise<SmokeReport> {
  const started = performance.now();
  const plan = planSmoke(id, stack.parameters, stack.outputs.ImagesUrl);
  const costs = costSmoke(stack.parameters);
  const seen = await observe(plan, target, patience, stopping);
  const findings = judge(seen, plan, costs);
  const isWell = findings.every(({ level }) => level === 'ok');
  const gets = 'error' in seen.request ? 0 : (seen.request.found?.gets ?? 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  return {
    isWell,
    lines: [
      ...findings.map(formatFinding),
      '',
      isWell
        ? `All is well after ${seconds} s, for ${price(sumCosts(costs, gets))} (docs/cost.md).`
        : `Something is wrong after ${seconds} s: docs/operate.md.`,
    ],
  };
}

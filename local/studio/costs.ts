import { computeCosts, type Design, designs, readSettings } from '../../docs/cost.ts';
import { keepParameters } from '../../operate/deployment.ts';
import { costSmoke } from '../../operate/smoke/costs.ts';
import type { StackCosts } from './stack-facts.ts';

const MILLION = 1e6;

/** @param parameters of the stack, which change what it costs. */
export function costStack(parameters: Readonly<Record<string, string>>): StackCosts {
  const settings = readSettings(keepParameters(parameters));
  const { backfill, 'dry run': check } = designs(settings);
  const one = (design: Design): number =>
    computeCosts(settings, { design }).lines.reduce((sum, { dollars: [each = 0] }) => sum + each, 0) /
    MILLION;
  const { upload, refusal, removal, request } = costSmoke(parameters);
  return { upload, refusal, removal, request, bulkImage: one(backfill), unchangedImage: one(check) };
}

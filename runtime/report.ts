import type { Runtime } from './runtime.ts';

/** The lines that name what the runtime left out of the template, and the values that it made up for the rest. */
export function reportLeftOut({
  leftOut,
  madeUpValues,
}: Pick<Runtime, 'leftOut' | 'madeUpValues'>): string[] {
  const lines: string[] = [];
  if (leftOut.length > 0) {
    const byKind = Map.groupBy(leftOut, ({ type }) => type.split('::').slice(1).join(' '));
    const kinds = [...byKind].map(([kind, group]) => `${kind} (${countOrName(group)})`);
    lines.push(`Not run here: ${kinds.join(', ')}.`);
  }
  for (const { logicalId, reason } of leftOut)
    if (reason !== undefined) lines.push(`  ${logicalId}: ${reason}`);
  if (madeUpValues.length > 0) {
    const uses = new Set(madeUpValues.map(({ reference, usedBy }) => `${reference} in ${usedBy}`));
    lines.push(`Made-up values stand in for: ${[...uses].join(', ')}.`);
  }
  return lines;
}

/** One or two are named; of more there is their number. */
function countOrName(group: Runtime['leftOut']): string {
  return group.length > 2 ? String(group.length) : group.map(({ logicalId }) => logicalId).join(', ');
}

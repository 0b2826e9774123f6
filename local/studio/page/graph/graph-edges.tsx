import { pathOf } from './geometry.ts';
import { type EdgeLabel, type GraphEdge, START } from './picture.ts';
import { LABEL_LINE } from './sizes.ts';
import type { StateStatus } from './status.ts';

interface Props {
  readonly edges: readonly GraphEdge[];
  readonly statuses: ReadonlyMap<string, StateStatus>;
}

/** The transitions. Those that lead from a state that was left to one that was entered are drawn stronger. */
export function Edges({ edges, statuses }: Props) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused.
    <g aria-hidden="true">
      {edges.map(({ from, to, kind, points, label }) => {
        const isTaken = statuses.has(to) && isLeft(from, statuses);
        return (
          <g key={`${from} ${to} ${kind}`} class={isTaken ? 'graph-edge is-taken' : 'graph-edge'}>
            <path class={`graph-line ${kind}`} d={pathOf(points)} />
            <ArrowHead points={points} />
            {label && <Label {...label} />}
          </g>
        );
      })}
    </g>
  );
}

function isLeft(from: string, statuses: ReadonlyMap<string, StateStatus>): boolean {
  return from === START || (statuses.get(from)?.visits ?? []).some(({ end }) => end === 'exited');
}

function ArrowHead({ points }: Pick<GraphEdge, 'points'>) {
  const [before, end] = points.slice(-2);
  if (!before || !end) return null;
  const isSideways = before.y === end.y;
  const back = isSideways ? Math.sign(before.x - end.x) * 7 : Math.sign(before.y - end.y) * 7;
  const corners = isSideways
    ? [`${end.x + back},${end.y - 4}`, `${end.x + back},${end.y + 4}`]
    : [`${end.x - 4},${end.y + back}`, `${end.x + 4},${end.y + back}`];
  return <polygon class="graph-arrow" points={[`${end.x},${end.y}`, ...corners].join(' ')} />;
}

function Label({ x, y, width, height, lines, whole }: EdgeLabel) {
  return (
    <>
      <title>{whole}</title>
      <rect class="graph-label-box" x={x} y={y} width={width} height={height} rx="4" />
      {lines.map((line, index) => (
        <text
          key={line}
          class="graph-label"
          x={x + width / 2}
          y={y + 13 + index * LABEL_LINE}
          text-anchor="middle"
        >
          {line}
        </text>
      ))}
    </>
  );
}

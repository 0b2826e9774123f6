/**
 * The ways of the edges. dagre gives each edge a free place in every row of boxes that it passes, but straight lines
 * between those places can cut the corner of a high box. So an edge passes a row upright, from the top of its highest
 * box to the bottom, and moves sideways only between two rows, where nothing is.
 */
import type { Box, Point } from './geometry.ts';

export interface LaidOutEdge {
  readonly from: string;
  readonly to: string;
  readonly name: string;
  /** dagre's: on the border of a box, its place in each row between, on the border of the other box. */
  readonly points: readonly Point[];
  readonly label: Box | undefined;
}

interface Row {
  readonly top: number;
  readonly bottom: number;
}

/** Pixels between two edges that leave one side of a box. */
const PORT_DISTANCE = 22;

/** @returns the points of each edge; consecutive ones are joined by `pathOf`. */
export function routeEdges(
  boxes: ReadonlyMap<string, Box>,
  edges: readonly LaidOutEdge[],
): readonly (readonly Point[])[] {
  const rows = new Rows([...boxes.values(), ...edges.flatMap(({ label }) => label ?? [])]);
  const ports = placePorts(boxes, edges);
  return edges.map((edge, index) => {
    const [from, to] = [boxes.get(edge.from), boxes.get(edge.to)];
    if (!from || !to) return [];
    const between = edge.points.slice(1, -1);
    const isDown = from.y < to.y;
    const ordered = (row: Row): readonly number[] => (isDown ? [row.top, row.bottom] : [row.bottom, row.top]);
    const [start, end] = [ports.get(portName(index, 'from')), ports.get(portName(index, 'to'))];
    const [firstRow, lastRow] = [rows.of(from.y), rows.of(to.y)];
    const points = [
      { x: start ?? 0, y: isDown ? from.y + from.height : from.y },
      { x: start ?? 0, y: isDown ? firstRow.bottom : firstRow.top },
      ...between.flatMap((point) =>
        ordered(rows.of(topOf(point, edge.label))).map((y) => ({ x: point.x, y })),
      ),
      { x: end ?? 0, y: isDown ? lastRow.top : lastRow.bottom },
      { x: end ?? 0, y: isDown ? to.y : to.y + to.height },
    ];
    return points.filter(({ x, y }, at) => points[at - 1]?.x !== x || points[at - 1]?.y !== y);
  });
}

/** The rows of a layout: boxes and labels with the same upper border, and the places of edges that pass between them. */
class Rows {
  readonly #rows = new Map<number, Row>();

  constructor(boxes: readonly Box[]) {
    for (const { y: top, height } of boxes) {
      const { bottom } = this.of(top);
      this.#rows.set(Math.round(top), { top, bottom: Math.max(bottom, top + height) });
    }
  }

  of(top: number): Row {
    return this.#rows.get(Math.round(top)) ?? { top, bottom: top };
  }
}

/** The upper border of an edge's place in a row: the place has no height, except for the label. */
function topOf({ x, y }: Point, label: Box | undefined): number {
  const isLabel = label && Math.abs(centerX(label) - x) < 1 && Math.abs(label.y + label.height / 2 - y) < 1;
  return isLabel ? label.y : y;
}

/** Where on its two boxes each edge ends: side by side, in the order in which the edges come from left to right. */
function placePorts(
  boxes: ReadonlyMap<string, Box>,
  edges: readonly LaidOutEdge[],
): ReadonlyMap<string, number> {
  const sides = new Map<string, { port: string; box: Box; neighbour: number }[]>();
  edges.forEach(({ from, to, points }, index) => {
    const [source, target] = [boxes.get(from), boxes.get(to)];
    if (!source || !target) return;
    const isDown = source.y < target.y;
    const ends = [
      { side: `${from} ${isDown}`, end: 'from', box: source, neighbour: points[1]?.x ?? centerX(target) },
      { side: `${to} ${!isDown}`, end: 'to', box: target, neighbour: points.at(-2)?.x ?? centerX(source) },
    ] as const;
    for (const { side, end, box, neighbour } of ends) {
      const others = sides.get(side) ?? [];
      sides.set(side, [...others, { port: portName(index, end), box, neighbour }]);
    }
  });
  return new Map([...sides.values()].flatMap(spread));
}

function spread(ends: readonly { port: string; box: Box; neighbour: number }[]): [string, number][] {
  const sorted = ends.toSorted((one, other) => one.neighbour - other.neighbour);
  return sorted.map(({ port, box }, index) => {
    const distance = Math.min(PORT_DISTANCE, box.width / (sorted.length + 1));
    return [port, centerX(box) + (index - (sorted.length - 1) / 2) * distance];
  });
}

const portName = (index: number, end: 'from' | 'to') => `${index} ${end}`;
const centerX = ({ x, width }: Box) => x + width / 2;

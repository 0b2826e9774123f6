import type { State, TransitionKind } from './definition.ts';
import { type Box, moved, type Point } from './geometry.ts';
import { START_RADIUS } from './sizes.ts';

/** Stands before the first state. No name of a state has a control character; graphlib uses U+0000 and U+0001. */
export const START = '\u0002';

export interface GraphNode extends Box {
  readonly state: State;
  /** The whole name. */
  readonly lines: readonly string[];
}

/** A Parallel state or a Map, with its name on top and its states inside. */
export interface GraphGroup extends GraphNode {
  readonly headerHeight: number;
}

export interface GraphEdge {
  /** The id of a state, or START for the edge to the first one. */
  readonly from: string;
  readonly to: string;
  readonly kind: TransitionKind;
  /** Joined by `pathOf`. */
  readonly points: readonly Point[];
  readonly label: EdgeLabel | undefined;
}

export interface EdgeLabel extends Box {
  readonly lines: readonly string[];
  /** With what the lines have no room for. */
  readonly whole: string;
}

/** Where everything is, in pixels. */
export interface GraphLayout {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Each before those inside of it. */
  readonly groups: readonly GraphGroup[];
  /** Where an execution starts. */
  readonly start: Point | undefined;
  readonly width: number;
  readonly height: number;
}

export const EMPTY: GraphLayout = {
  nodes: [],
  edges: [],
  groups: [],
  start: undefined,
  width: 0,
  height: 0,
};

/** Several pictures in one, in which they have their places already. */
export function joined(parts: readonly GraphLayout[]): GraphLayout {
  return {
    nodes: parts.flatMap(({ nodes }) => nodes),
    edges: parts.flatMap(({ edges }) => edges),
    groups: parts.flatMap(({ groups }) => groups),
    start: parts.find(({ start }) => start !== undefined)?.start,
    width: Math.max(0, ...parts.map(({ width }) => width)),
    height: Math.max(0, ...parts.map(({ height }) => height)),
  };
}

export function shifted(part: GraphLayout, dx: number, dy: number): GraphLayout {
  return {
    ...part,
    start: part.start && moved(part.start, dx, dy),
    nodes: part.nodes.map((node) => moved(node, dx, dy)),
    groups: part.groups.map((group) => moved(group, dx, dy)),
    edges: part.edges.map((edge) => ({
      ...edge,
      points: edge.points.map((point) => moved(point, dx, dy)),
      label: edge.label && moved(edge.label, dx, dy),
    })),
  };
}

/** Moves a picture to the upper left corner, and makes it as large as what it shows, edges included. */
export function fitted(picture: GraphLayout, margin: number): GraphLayout {
  const { nodes, groups, edges, start } = picture;
  const boxes = [...nodes, ...groups, ...edges.flatMap(({ label }) => label ?? [])];
  const points = [
    ...boxes,
    ...boxes.map(({ x, y, width, height }) => ({ x: x + width, y: y + height })),
    ...edges.flatMap((edge) => edge.points),
    ...(start ? [{ x: start.x, y: start.y - START_RADIUS }] : []),
  ];
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs) - margin, Math.min(...ys) - margin];
  return {
    ...shifted(picture, -left, -top),
    width: Math.max(...xs) + margin - left,
    height: Math.max(...ys) + margin - top,
  };
}

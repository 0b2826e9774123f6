/**
 * Lays a state machine out from top to bottom. A transition never leaves its machine, so what a Parallel state or a Map
 * contains is laid out first, and takes part in the layout around it as one box.
 */
import { Graph, layout } from '@dagrejs/dagre';
import { type Machine, readDefinition, type State } from './definition.ts';
import type { Box, Point } from './geometry.ts';
import { loopEdges } from './loops.ts';
import { EMPTY, fitted, type GraphEdge, type GraphLayout, joined, START, shifted } from './picture.ts';
import { type LaidOutEdge, routeEdges } from './routes.ts';
import {
  GROUP_PADDING,
  headerHeight,
  linesOfLabel,
  linesOfName,
  START_RADIUS,
  sizeOfLabel,
  sizeOfState,
  sizeWithLoops,
} from './sizes.ts';

/** Pixels between rows, between boxes of a row, and between edges. */
const SPACING = { ranksep: 56, nodesep: 32, edgesep: 20 };
const MARGIN = 4;

/** @param definition in the Amazon States Language, as JSON. */
export function layOut(definition: unknown): GraphLayout {
  return layOutMachine(readDefinition(definition), true);
}

function layOutMachine(machine: Machine, hasStart: boolean): GraphLayout {
  if (machine.states.length === 0) return EMPTY;
  const contents = new Map(
    machine.states.filter(({ inner }) => inner.length > 0).map((state) => [state.id, layOutContents(state)]),
  );
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', rankalign: 'top', ...SPACING });
  graph.setDefaultEdgeLabel(() => ({}));
  // Layout and the search for loops begin with the first node.
  if (hasStart) graph.setNode(START, { width: START_RADIUS * 2, height: START_RADIUS * 2 });
  const states = machine.states.toSorted((one, other) => isFirst(machine, other) - isFirst(machine, one));
  for (const state of states) graph.setNode(state.id, { ...sizeWithLoops(state, contents.get(state.id)) });
  if (hasStart && machine.startAt !== undefined) graph.setEdge(START, machine.startAt, { weight: 4 }, 'next');
  for (const { id, transitions } of states)
    for (const { to, kind, labels } of transitions.filter((one) => one.to !== id))
      graph.setEdge(
        id,
        to,
        { ...sizeOfLabel(labels), labelpos: 'c', weight: kind === 'catch' ? 1 : 3 },
        kind,
      );
  layout(graph);
  // dagre forgets the edges that lie farther out than all boxes.
  return fitted(
    joined([readLayout(machine, contents, graph), ...placeContents(machine, contents, graph)]),
    MARGIN,
  );
}

const isFirst = ({ startAt }: Machine, { id }: State) => Number(id === startAt);

/** The branches of a Parallel state stand side by side. */
function layOutContents({ inner }: State): GraphLayout {
  let width = 0;
  const parts = inner.map((machine) => {
    const part = layOutMachine(machine, false);
    const placed = shifted(part, width, 0);
    width += part.width + GROUP_PADDING;
    return placed;
  });
  return { ...joined(parts), width: Math.max(0, width - GROUP_PADDING) };
}

/** The states and edges of a machine itself. */
function readLayout(machine: Machine, contents: ReadonlyMap<string, GraphLayout>, graph: Graph): GraphLayout {
  const boxes = boxesOf(machine, contents, graph);
  const edges = graph.edges().map(({ v, w, name = '' }) => readEdge(v, w, name, graph));
  const routes = routeEdges(boxes, edges);
  const drawn = machine.states.flatMap((state) => {
    const box = boxes.get(state.id);
    return box ? [{ ...box, state, lines: linesOfName(state), headerHeight: headerHeight(state) }] : [];
  });
  const start = graph.hasNode(START) ? boxOf(graph.node(START)) : undefined;
  return {
    nodes: drawn.filter(({ state }) => !contents.has(state.id)),
    groups: drawn.filter(({ state }) => contents.has(state.id)),
    edges: [
      ...edges.map((edge, index) => edgeOf(machine, edge, routes[index] ?? [])),
      ...drawn.flatMap((box) => loopEdges(box.state, box)),
    ],
    start: start && { x: start.x + START_RADIUS, y: start.y + START_RADIUS },
    width: 0,
    height: 0,
  };
}

/** The boxes, each at the left of the room that its edges to itself take too. */
function boxesOf(
  { states }: Machine,
  contents: ReadonlyMap<string, GraphLayout>,
  graph: Graph,
): ReadonlyMap<string, Box> {
  const boxes = new Map(
    states.map((state) => {
      const { x, y } = boxOf(graph.node(state.id));
      return [state.id, { x, y, ...sizeOfState(state, contents.get(state.id)) }];
    }),
  );
  return graph.hasNode(START) ? boxes.set(START, boxOf(graph.node(START))) : boxes;
}

/** What Parallel states and Maps contain, below their names. */
function placeContents(
  machine: Machine,
  contents: ReadonlyMap<string, GraphLayout>,
  graph: Graph,
): GraphLayout[] {
  const boxes = boxesOf(machine, contents, graph);
  return machine.states.flatMap((state) => {
    const [inner, box] = [contents.get(state.id), boxes.get(state.id)];
    if (!inner || !box) return [];
    const x = box.x + (box.width - inner.width) / 2;
    return [shifted(inner, x, box.y + headerHeight(state))];
  });
}

function readEdge(from: string, to: string, name: string, graph: Graph): LaidOutEdge {
  const { points = [], width = 0, height = 0, x = 0, y = 0 } = graph.edge(from, to, name);
  return { from, to, name, points, label: width > 0 ? boxOf({ x, y, width, height }) : undefined };
}

function edgeOf(machine: Machine, edge: LaidOutEdge, points: readonly Point[]): GraphEdge {
  const { transitions = [] } = machine.states.find(({ id }) => id === edge.from) ?? {};
  const transition = transitions.find(({ to, kind }) => to === edge.to && kind === edge.name);
  const { kind = 'next', labels = [] } = transition ?? {};
  const label = edge.label && { ...edge.label, lines: linesOfLabel(labels), whole: labels.join('\n') };
  return { from: edge.from, to: edge.to, kind, points, label };
}

/** dagre's places are centres. */
function boxOf(center: { x?: number; y?: number; width: number; height: number }): Box {
  const { x = 0, y = 0, width, height } = center;
  return { x: x - width / 2, y: y - height / 2, width, height };
}

import './graph.css';
import './panel.css';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { HistoryEvent } from '../calls/history-event.ts';
import { useFollowing } from './follow.ts';
import { Edges } from './graph-edges.tsx';
import { GraphState } from './graph-state.tsx';
import { layOut } from './layout.ts';
import { inOrder, nextOf, statesInChildren } from './order.ts';
import type { GraphNode } from './picture.ts';
import { useScale } from './scale.ts';
import { START_RADIUS } from './sizes.ts';
import { StatePanel } from './state-panel.tsx';
import { statusOf } from './status.ts';

const END_OF_EXECUTION = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/;

interface Props {
  /** In the Amazon States Language. */
  readonly definition: unknown;
  /** In the order of time; more of them light up more states. */
  readonly events: readonly HistoryEvent[];
  /** Why the events have no input and output, if they have none. */
  readonly dataNote?: string | undefined;
}

/**
 * A state machine as a graph in which an execution lights up its states. A click or Enter opens what a state got and made;
 * arrows go through the states in the order of the execution.
 */
export function ExecutionGraph({ definition, events, dataNote }: Props) {
  const picture = useMemo(() => layOut(definition), [definition]);
  const statuses = useMemo(() => statusOf(events), [events]);
  const children = useMemo(() => statesInChildren(picture.groups), [picture]);
  const [opened, setOpened] = useState<string>();
  const [current, setCurrent] = useState<string>();
  const around = useRef<HTMLDivElement>(null);
  const scale = useScale(around, picture);
  const elements = useRef(new Map<string, SVGGElement>());
  const ordered = inOrder([...picture.groups, ...picture.nodes], statuses);
  const last = ordered.findLast(({ state }) => statuses.has(state.name));
  const hasEnded = END_OF_EXECUTION.test(events.at(-1)?.type ?? '');
  useFollowing(around, { first: ordered[0], newest: last, hasEnded }, scale);
  const reachable = ordered.find(({ state }) => state.id === current) ?? ordered[0];
  const shown = ordered.find(({ state }) => state.id === opened);
  const focus = (id: string | undefined) => id !== undefined && elements.current.get(id)?.focus();

  const onKeyDown = (event: KeyboardEvent, { state }: GraphNode) => {
    if (event.key === 'Enter' || event.key === ' ') setOpened(state.id);
    else if (event.key === 'Escape') setOpened(undefined);
    else {
      const next = nextOf(ordered, state.id, event.key);
      if (next === undefined) return;
      focus(next);
    }
    event.preventDefault();
  };

  const draw = (node: GraphNode, isGroup: boolean) => (
    <GraphState
      key={node.state.id}
      node={node}
      isGroup={isGroup}
      status={statuses.get(node.state.name)}
      isInChildren={children.has(node.state.id)}
      isReachable={node === reachable}
      isOpened={node === shown}
      keep={(element) => element && elements.current.set(node.state.id, element)}
      onFocus={() => setCurrent(node.state.id)}
      onOpen={() => setOpened(node.state.id)}
      onKeyDown={(event) => onKeyDown(event, node)}
    />
  );
  return (
    <div class={shown ? 'graph has-panel' : 'graph'}>
      <div class="graph-scroll" ref={around}>
        {/* biome-ignore lint/a11y/useSemanticElements: SVG has no fieldset. */}
        <svg
          class="graph-picture"
          width={picture.width * scale}
          height={picture.height * scale}
          viewBox={`0 0 ${picture.width} ${picture.height}`}
          role="group"
          aria-label={`State machine with ${ordered.length} states. Arrow keys go from state to state, Enter opens one.`}
        >
          {picture.groups.map((group) => draw(group, true))}
          {picture.start && (
            <circle class="graph-start" cx={picture.start.x} cy={picture.start.y} r={START_RADIUS - 1} />
          )}
          <Edges edges={picture.edges} statuses={statuses} />
          {picture.nodes.map((node) => draw(node, false))}
        </svg>
      </div>
      {shown && (
        <StatePanel
          key={shown.state.id}
          state={shown.state}
          status={statuses.get(shown.state.name)}
          isInChildren={children.has(shown.state.id)}
          dataNote={dataNote}
          onClose={() => {
            setOpened(undefined);
            focus(shown.state.id);
          }}
        />
      )}
    </div>
  );
}

import type { GraphNode } from './picture.ts';
import { ICON_WIDTH, NAME_LINE, PADDING } from './sizes.ts';
import type { StateStatus } from './status.ts';
import { SAYINGS, sayState } from './status-words.ts';

interface Props {
  readonly node: GraphNode;
  readonly isGroup: boolean;
  readonly status: StateStatus | undefined;
  readonly isInChildren: boolean;
  /** Whether Tab stops here: the graph has one stop. */
  readonly isReachable: boolean;
  readonly isOpened: boolean;
  readonly keep: (element: SVGGElement | null) => void;
  readonly onFocus: () => void;
  readonly onOpen: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** A state in the graph: its box, a sign of its status, its name and its type. */
export function GraphState(props: Props) {
  const { node, isGroup, status, isInChildren, isReachable, isOpened, keep } = props;
  const { x, y, width, height, state, lines } = node;
  const word = status?.word ?? 'waiting';
  const { tone, sign } = SAYINGS[word];
  const top = y + PADDING + NAME_LINE - 5;
  return (
    <g class={`graph-state ${tone} ${word}${isGroup ? ' is-group' : ''}`}>
      {/* biome-ignore lint/a11y/useSemanticElements: SVG has no button. */}
      <g
        ref={keep}
        class="graph-button"
        role="button"
        // SVG knows attributes by their exact name.
        tabindex={isReachable ? 0 : -1}
        aria-label={sayState(state, status, isInChildren)}
        aria-pressed={isOpened}
        onFocus={props.onFocus}
        onClick={props.onOpen}
        onKeyDown={props.onKeyDown}
      >
        <rect class="graph-box" x={x} y={y} width={width} height={height} rx="8" />
      </g>
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused, and the button's label says it all. */}
      <g class="graph-words" aria-hidden="true">
        <circle class="graph-sign" cx={x + PADDING + 9} cy={top - 4} r="9" />
        <text class="graph-sign-text" x={x + PADDING + 9} y={top} text-anchor="middle">
          {sign}
        </text>
        {lines.map((line, index) => (
          <text key={line} class="graph-name" x={x + PADDING + ICON_WIDTH} y={top + index * NAME_LINE}>
            {line}
          </text>
        ))}
        <text class="graph-type" x={x + PADDING + ICON_WIDTH} y={top + lines.length * NAME_LINE}>
          {typeOf(node, status)}
        </text>
      </g>
    </g>
  );
}

/** The type, and what the box has room for. */
function typeOf({ state }: GraphNode, status: StateStatus | undefined): string {
  const attempts = Math.max(0, ...(status?.visits ?? []).map((visit) => visit.attempts.length));
  const type = state.isDistributed ? 'Map, distributed' : state.type;
  if (attempts > 1) return `${type} · ${attempts} attempts`;
  const visits = status?.visits.length ?? 0;
  if (visits > 1) return `${type} · ${visits} times`;
  return state.isLast && state.type !== 'Succeed' && state.type !== 'Fail' ? `${type} · ends` : type;
}

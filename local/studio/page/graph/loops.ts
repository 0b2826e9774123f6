import type { State } from './definition.ts';
import type { Box } from './geometry.ts';
import type { GraphEdge } from './picture.ts';
import { LOOP_WIDTH, linesOfLabel, loopsOf } from './sizes.ts';

/** The edges from a state to itself: one below the other at its right side, each with its label beside it. */
export function loopEdges(state: State, box: Box): GraphEdge[] {
  const right = box.x + box.width;
  const loops = loopsOf(state);
  const gap = (box.height - loops.reduce((sum, { height }) => sum + height, 0)) / (loops.length + 1);
  let top = box.y;
  return loops.map(({ transition: { to, kind, labels }, label, height }) => {
    top += gap;
    const middle = top + height / 2;
    top += height;
    const outside = right + LOOP_WIDTH - 6;
    return {
      from: state.id,
      to,
      kind,
      points: [
        { x: right, y: middle - 7 },
        { x: outside, y: middle - 7 },
        { x: outside, y: middle + 7 },
        { x: right, y: middle + 7 },
      ],
      label:
        label.width > 0
          ? {
              ...label,
              x: right + LOOP_WIDTH,
              y: middle - label.height / 2,
              lines: linesOfLabel(labels),
              whole: labels.join('\n'),
            }
          : undefined,
    };
  });
}

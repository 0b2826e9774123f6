/** How much room the parts of a picture take, in pixels. */
import type { State } from './definition.ts';
import { breakLines, widthOf } from './text-lines.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

const NAME_FONT = 14;
export const NAME_LINE = 18;
const LABEL_FONT = 12;
export const LABEL_LINE = 16;
export const START_RADIUS = 8;
export const PADDING = 12;
/** For the icon of the state's status, left of its name. */
export const ICON_WIDTH = 30;
export const GROUP_PADDING = 16;
/** From a state to the outside of an edge that comes back to it, and on to the label. */
export const LOOP_WIDTH = 18;
/** The line with the type below the name. */
const TYPE_LINE = 18;
const MIN_WIDTH = 150;
const NAME_CHARACTERS = 28;
const LABEL_CHARACTERS = 26;
const LABEL_LINES = 3;
/** An edge that comes back needs that much of the side of its state. */
const MIN_LOOP_HEIGHT = 20;

export function linesOfName({ name }: State): string[] {
  return breakLines(name, NAME_CHARACTERS);
}

/** What a label shows; the rest of a long condition has no room. */
export function linesOfLabel(labels: readonly string[]): readonly string[] {
  const lines = labels.flatMap((label) => breakLines(label, LABEL_CHARACTERS));
  return lines.length <= LABEL_LINES
    ? lines
    : [...lines.slice(0, LABEL_LINES - 1), `${lines[LABEL_LINES - 1]} …`];
}

export function sizeOfLabel(labels: readonly string[]): Size {
  const lines = linesOfLabel(labels);
  if (lines.length === 0) return { width: 0, height: 0 };
  return {
    width: Math.max(...lines.map((line) => widthOf(line, LABEL_FONT))) + 12,
    height: lines.length * LABEL_LINE + 4,
  };
}

/** Of a state without what it contains, or of its name above that. */
export function headerHeight(state: State): number {
  return linesOfName(state).length * NAME_LINE + TYPE_LINE + PADDING * 2;
}

/** @param contents of a Parallel state or a Map. */
export function sizeOfState(state: State, contents: Size | undefined): Size {
  const widths = linesOfName(state).map((line) => widthOf(line, NAME_FONT) + ICON_WIDTH + PADDING * 2);
  const height = Math.max(
    headerHeight(state) + (contents ? contents.height + GROUP_PADDING : 0),
    loopsOf(state).reduce((sum, { height: each }) => sum + each, 0),
  );
  return {
    width: Math.max(MIN_WIDTH, ...widths, contents ? contents.width + GROUP_PADDING * 2 : 0),
    height,
  };
}

/** Of a state with the edges that come back to it, which lie at its right. */
export function sizeWithLoops(state: State, contents: Size | undefined): Size {
  const { width, height } = sizeOfState(state, contents);
  const room = loopsOf(state).map(({ label }) => LOOP_WIDTH + label.width);
  return { width: width + Math.max(0, ...room), height };
}

/** The transitions of a state to itself, and how much of its right side each takes. */
export function loopsOf({ id, transitions }: State) {
  return transitions
    .filter(({ to }) => to === id)
    .map((transition) => {
      const label = sizeOfLabel(transition.labels);
      return { transition, label, height: Math.max(label.height + 4, MIN_LOOP_HEIGHT) };
    });
}

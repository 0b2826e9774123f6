import { observeWindowOffset, observeWindowRect, Virtualizer, windowScroll } from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

interface Rows {
  readonly count: number;
  /** Pixels of each row, its gap included. */
  readonly height: number;
  /** Pixels of the page above the first row. */
  readonly top: number;
  /** A row that stays in the page although it is out of view, because it has the focus. */
  readonly kept: number | undefined;
}

/** Of many rows those in view and a few around them, as the window scrolls. */
export function useRows({ count, height, top, kept }: Rows): Virtualizer<Window, HTMLElement> {
  const [, renderAgain] = useReducer<number, void>((renders) => renders + 1, 0);
  const options = {
    count,
    estimateSize: () => height,
    scrollMargin: top,
    overscan: 2,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialRect: { width: window.innerWidth, height: window.innerHeight },
    initialOffset: () => window.scrollY,
    rangeExtractor: ({
      startIndex,
      endIndex,
      overscan,
    }: {
      startIndex: number;
      endIndex: number;
      overscan: number;
    }) => {
      const first = Math.max(startIndex - overscan, 0);
      const last = Math.min(endIndex + overscan, count - 1);
      const rows = Array.from({ length: Math.max(last - first + 1, 0) }, (_, index) => first + index);
      const isAway = kept !== undefined && kept < count && (kept < first || kept > last);
      return isAway ? [...rows, kept].sort((a, b) => a - b) : rows;
    },
    onChange: () => renderAgain(),
  };
  const [virtualizer] = useState(() => new Virtualizer<Window, HTMLElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  // Sizes are kept until somebody asks for them again.
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, height]);
  return virtualizer;
}

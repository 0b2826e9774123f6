import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Names of states stay readable: 14 pixels become 10. */
const SMALLEST = 0.72;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of the window's height, for the element around a picture: graph.css. */
const MOST_OF_WINDOW = 0.9;

/**
 * By what a picture is scaled to be shown whole in the element around it, if its names stay readable then; otherwise to be
 * as wide as is readable. At most 1.
 */
export function useScale(around: RefObject<HTMLElement | null>, { width, height }: Size): number {
  const [room, setRoom] = useState({ width, height });
  useEffect(() => {
    const element = around.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setRoom({ width: element.clientWidth - 16, height: innerHeight * MOST_OF_WINDOW - 16 }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [around]);
  if (width === 0) return 1;
  const whole = Math.min(1, room.width / width, room.height / height);
  return whole >= SMALLEST ? whole : Math.min(1, Math.max(SMALLEST, room.width / width));
}

import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Names of states stay readable: 14 pixels become 10. */
const SMALLEST = 0.72;

/**
 * By what a picture is scaled to be as wide as the element around it: at most 1, and no smaller than is readable, so that
 * a wide one is scrolled.
 */
export function useScale(around: RefObject<HTMLElement | null>, width: number): number {
  const [room, setRoom] = useState(width);
  useEffect(() => {
    const element = around.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setRoom(element.clientWidth - 16));
    observer.observe(element);
    return () => observer.disconnect();
  }, [around]);
  return width === 0 ? 1 : Math.min(1, Math.max(SMALLEST, room / width));
}

import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Box } from './geometry.ts';

interface Followed {
  readonly first: Box | undefined;
  readonly newest: Box | undefined;
  readonly hasEnded: boolean;
}

/**
 * Keeps a state in the middle of the element that scrolls the picture, but moves neither the page nor the picture once
 * somebody looks around in it. Of an execution that had ended before, the picture begins at its top.
 * @param newest box of the state that was entered last, in pixels of the picture.
 */
export function useFollowing(
  around: RefObject<HTMLElement | null>,
  { first, newest, hasEnded }: Followed,
  scale: number,
): void {
  const isAfterwards = hasEnded && (around.current?.scrollTop ?? 0) === 0;
  const box = (isAfterwards ? undefined : newest) ?? first;
  useEffect(() => {
    const element = around.current;
    if (!element || element.contains(document.activeElement) || element.matches(':hover')) return;
    const { x, y, width, height } = box ?? { x: 0, y: 0, width: 0, height: 0 };
    element.scrollTo({
      left: (x + width / 2) * scale - element.clientWidth / 2,
      top: (y + Math.min(height, 100) / 2) * scale - element.clientHeight / 2,
    });
  }, [around, box?.x, box?.y, scale]);
}

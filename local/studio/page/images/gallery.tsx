import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { StoredObject } from '../calls/s3.ts';
import { useStack } from '../stack-context.ts';
import { GAP, moveBy, sizeGrid } from './grid-size.ts';
import type { ManifestReader } from './manifest-reader.ts';
import { Tile } from './tile.tsx';
import { useRows } from './use-rows.ts';

interface Props {
  objects: readonly StoredObject[];
  reader: ManifestReader;
  requireMore: (count: number) => void;
}

/** The list is read this far ahead of what is in view. */
const READ_AHEAD = 4000;

/** All images as a grid, of which only what is in view is in the page. The arrow keys go from one to the next. */
export function Gallery({ objects, reader, requireMore }: Props) {
  const { resizedImagesBucket, acceptHeic } = useStack();
  const grid = useRef<HTMLUListElement>(null);
  const { width, top } = usePlace(grid);
  const { columns, tile, rowHeight } = sizeGrid(width);
  const [focusedKey, setFocusedKey] = useState<string>();
  const found = useMemo(() => objects.findIndex(({ key }) => key === focusedKey), [objects, focusedKey]);
  // What had the focus may not be among what a search finds: then Tab reaches the first one.
  const focused = Math.max(found, 0);
  const rows = useRows({
    count: width > 0 ? Math.ceil(objects.length / columns) : 0,
    height: rowHeight,
    top,
    kept: Math.floor(focused / columns),
  });
  const items = rows.getVirtualItems();
  const first = (rows.range?.startIndex ?? 0) * columns;
  const end = ((rows.range?.endIndex ?? -1) + 1) * columns;
  useEffect(() => {
    reader.want(objects.slice(first, end).map(({ key }) => key));
    requireMore(end + READ_AHEAD);
  }, [reader, objects, first, end, requireMore]);

  const move = (event: KeyboardEvent) => {
    const to = moveBy(event.key, focused, columns, objects.length);
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    setFocusedKey(objects[to]?.key);
    rows.scrollToIndex(Math.floor(to / columns));
    // When the row is in the page.
    requestAnimationFrame(() => focusTile(grid.current, objects[to]?.key));
  };

  const places = items.flatMap((row) =>
    objects.slice(row.index * columns, (row.index + 1) * columns).map(({ key }, column) => ({
      key,
      index: row.index * columns + column,
      left: column * (tile + GAP),
      top: row.start - top,
    })),
  );
  return (
    <ul
      ref={grid}
      class="gallery"
      aria-label="Images"
      style={{ height: `${rows.getTotalSize()}px` }}
      onKeyDown={move}
    >
      {places.map(({ key, index, left, top }) => (
        <li
          key={key}
          aria-setsize={objects.length}
          aria-posinset={index + 1}
          style={{ width: `${tile}px`, transform: `translate(${left}px, ${top}px)` }}
          onFocusIn={() => setFocusedKey(key)}
        >
          <Tile
            imageKey={key}
            reader={reader}
            resizedImagesBucket={resizedImagesBucket}
            acceptHeic={acceptHeic}
            isTabStop={index === focused}
          />
        </li>
      ))}
    </ul>
  );
}

export function focusTile(grid: ParentNode | null, key: string | undefined): void {
  if (key === undefined) return;
  grid?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** Where the grid is in the page, in pixels. What is above it changes with the uploads. */
function usePlace(grid: { readonly current: HTMLElement | null }): {
  readonly width: number;
  readonly top: number;
} {
  const [place, setPlace] = useState({ width: 0, top: 0 });
  useLayoutEffect(() => {
    const look = () => {
      const box = grid.current?.getBoundingClientRect();
      if (!box) return;
      const next = { width: box.width, top: Math.round(box.top + window.scrollY) };
      setPlace((last) => (last.width === next.width && last.top === next.top ? last : next));
    };
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    if (grid.current) observer.observe(grid.current);
    look();
    return () => observer.disconnect();
  }, [grid]);
  return place;
}

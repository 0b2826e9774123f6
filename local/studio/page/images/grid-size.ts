/** Pixels between two tiles. */
export const GAP = 16;
/** Below the picture, as in images.css. */
const CAPTION_HEIGHT = 23;
const LEAST_TILE = 150;

export interface GridSize {
  readonly columns: number;
  /** Pixels of a side of the picture. */
  readonly tile: number;
  /** Pixels from the top of a row to that of the next. */
  readonly rowHeight: number;
}

/** As many columns as have room, with square pictures. @param width of the gallery, in pixels. */
export function sizeGrid(width: number): GridSize {
  const columns = Math.max(1, Math.floor((width + GAP) / (LEAST_TILE + GAP)));
  const tile = Math.max(0, Math.floor((width - (columns - 1) * GAP) / columns));
  return { columns, tile, rowHeight: tile + CAPTION_HEIGHT + GAP };
}

/** @returns the tile to which a key leads, or undefined for a key that leads nowhere. */
export function moveBy(key: string, from: number, columns: number, count: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: from - 1,
    ArrowRight: from + 1,
    ArrowUp: from - columns,
    ArrowDown: from + columns,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined || to < 0 || to >= count ? undefined : to;
}

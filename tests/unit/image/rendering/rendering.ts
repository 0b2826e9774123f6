import { DEFAULT_LIMITS, type Limits } from '../../../../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../../../../functions/image-resize/image/make-renditions.ts';
import type { Rendition } from '../../../../functions/image-resize/image/rendering/render.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';

/** Runs the whole image core on a file. The result contains each rendition by its name. */
export async function render(
  source: Buffer,
  rows: readonly RenditionRow[],
  overrides: Partial<Limits> = {},
): Promise<Map<string, Rendition>> {
  const limits = { ...DEFAULT_LIMITS, ...overrides };
  const renditions = new Map<string, Rendition>();
  await makeRenditions(source, { rows, limits }, async (rendition) => {
    renditions.set(rendition.name, rendition);
  });
  return renditions;
}

/** Makes one rendition. The defaults are a PNG and a width of 64 pixels. */
export async function renderOne(source: Buffer, row: Partial<RenditionRow> = {}): Promise<Buffer> {
  const box = 'height' in row ? {} : { width: 64 };
  const renditions = await render(source, [{ name: 'only', ...box, format: 'png', ...row }]);
  return renditions.get('only')?.body ?? Buffer.alloc(0);
}

import { DEFAULT_LIMITS, type Limits } from '../../../../functions/image-resize/image/limits.ts';
import { openImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { planRenditions } from '../../../../functions/image-resize/image/rendering/plan.ts';
import { type Rendition, renderImage } from '../../../../functions/image-resize/image/rendering/render.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';

/** Runs the whole image core on a file. The result contains each rendition by its name. */
export async function render(
  source: Buffer,
  rows: readonly RenditionRow[],
  overrides: Partial<Limits> = {},
): Promise<Map<string, Rendition>> {
  const limits = { ...DEFAULT_LIMITS, ...overrides };
  const { facts, readable } = await openImage(source, limits);
  const renditions = new Map<string, Rendition>();
  await renderImage(readable, planRenditions(facts, rows, limits), limits, async (rendition) => {
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

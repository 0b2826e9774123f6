import { openImage, type SourceFacts } from './inspect.ts';
import type { Limits } from './limits.ts';
import type { Placeholder } from './placeholder.ts';
import { planRenditions } from './plan.ts';
import { type Rendition, renderImage } from './render.ts';
import type { RenditionRow } from './rendition-row.ts';

/** What is known of an image after its renditions are made. */
export interface MadeImage {
  readonly facts: SourceFacts;
  readonly placeholder: Placeholder;
}

/** What is made of an image, and how much the image may cost. */
export interface RenderSettings {
  readonly rows: readonly RenditionRow[];
  readonly limits: Limits;
}

/** Takes a rendition as soon as it is encoded. */
export type Deliver = (rendition: Rendition) => Promise<void>;

/**
 * Inspects an image, plans its renditions and renders them.
 * @throws UnsupportedImageError, CorruptImageError or ImageTooLargeError. Deliveries that began have ended by then.
 */
export async function makeRenditions(
  source: Buffer,
  { rows, limits }: RenderSettings,
  deliver: Deliver,
): Promise<MadeImage> {
  const { facts, readable } = await openImage(source, limits);
  const placeholder = await renderImage(readable, planRenditions(facts, rows, limits), limits, deliver);
  return { facts, placeholder };
}

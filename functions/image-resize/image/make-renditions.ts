import { isHeic } from './format.ts';
import { decodeHeic } from './heic.ts';
import type { LoadHeifLibrary } from './heif-library.ts';
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
  /** Whether a layer brings the decoder of HEIC. */
  readonly acceptsHeic?: boolean;
}

/** Takes a rendition as soon as it is encoded. */
export type Deliver = (rendition: Rendition) => Promise<void>;

/**
 * Inspects an image, plans its renditions and renders them.
 * @param loadHeif is called for a HEIC, if it is accepted.
 * @throws UnsupportedImageError, CorruptImageError or ImageTooLargeError. Deliveries that began have ended by then.
 */
export async function makeRenditions(
  source: Buffer,
  { rows, limits, acceptsHeic }: RenderSettings,
  deliver: Deliver,
  loadHeif?: LoadHeifLibrary,
): Promise<MadeImage> {
  if (acceptsHeic && loadHeif && isHeic(source)) {
    const { facts, toTiff } = decodeHeic(source, limits, loadHeif);
    const plan = planRenditions(facts, rows, limits);
    // Each cascade begins with its largest size.
    const largest = plan.cascades.flatMap(({ sizes }) => sizes[0] ?? []);
    const [width, height] = [largest.map((size) => size.width), largest.map((size) => size.height)];
    const readable = await toTiff({ width: Math.max(...width), height: Math.max(...height) });
    return { facts, placeholder: await renderImage(readable, plan, limits, deliver) };
  }
  const { facts, readable } = await openImage(source, limits);
  const placeholder = await renderImage(readable, planRenditions(facts, rows, limits), limits, deliver);
  return { facts, placeholder };
}

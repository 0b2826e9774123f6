import { decodeHeic } from './heic/heic.ts';
import type { HeifLoader } from './heic/heif-library.ts';
import type { Limits } from './limits.ts';
import { isHeic } from './reading/format.ts';
import { openImage, type SourceFacts } from './reading/inspect.ts';
import { readCredits } from './reading/read-credits.ts';
import { formatCredits } from './rendering/credits-packet.ts';
import type { FocalPoint } from './rendering/focal-point.ts';
import { isGraphic, measureBlocks } from './rendering/graphic.ts';
import type { Placeholder } from './rendering/placeholder.ts';
import { planRenditions, type RenderPlan } from './rendering/plan.ts';
import { decodeFirst, type Rendition, renderImage } from './rendering/render.ts';
import type { RenditionRow } from './rows/rendition-row.ts';

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
  /** What rows with `position: 'focal'` keep. */
  readonly focalPoint?: FocalPoint;
}

/** Takes a rendition as soon as it is encoded. */
export type Deliver = (rendition: Rendition) => Promise<void>;

/**
 * Inspects an image, plans its renditions and renders them.
 * @param heif decodes a HEIC, if HEIC is accepted.
 * @throws UnsupportedImageError, CorruptImageError or ImageTooLargeError. Deliveries that began have ended by then.
 */
export async function makeRenditions(
  source: Buffer,
  settings: RenderSettings,
  deliver: Deliver,
  heif?: HeifLoader,
): Promise<MadeImage> {
  const isDecodedHere = settings.acceptsHeic && heif && isHeic(source);
  const { facts, plan, readable } = await (isDecodedHere
    ? planHeic(source, settings, heif).finally(() => heif.free())
    : planImage(source, settings));
  const credits = settings.rows.some(({ keep }) => keep)
    ? formatCredits(await readCredits(source))
    : undefined;
  const { first, isPhotograph } = await lookAt(readable, plan, settings.limits);
  const seen = { ...facts, isPhotograph };
  const planned = isPhotograph === facts.isPhotograph ? plan : planFacts(seen, settings);
  const placeholder = await renderImage(readable, planned, settings.limits, deliver, { credits, first });
  return { facts: seen, placeholder };
}

/** Its pixels tell a drawing or a screenshot that its file does not tell. */
async function lookAt(source: Buffer, plan: RenderPlan, limits: Limits) {
  const { isPhotograph } = plan.facts;
  if (!isPhotograph || plan.cascades[0]?.frames !== 1) return { isPhotograph };
  const first = await decodeFirst(source, plan, limits);
  const isDrawn = first.frames.some((pixels) => isGraphic(measureBlocks(pixels)));
  return { first, isPhotograph: !isDrawn };
}

function planFacts(facts: SourceFacts, { rows, limits, focalPoint }: RenderSettings): RenderPlan {
  return planRenditions(facts, rows, limits, focalPoint);
}

async function planImage(source: Buffer, settings: RenderSettings) {
  const { facts, readable } = await openImage(source, settings.limits);
  return { facts, plan: planFacts(facts, settings), readable };
}

/** Decodes at the size of the largest rendition. */
async function planHeic(source: Buffer, settings: RenderSettings, heif: HeifLoader) {
  const { facts, toTiff } = decodeHeic(source, settings.limits, heif);
  const plan = planFacts(facts, settings);
  // Each cascade begins with its largest size.
  const largest = plan.cascades.flatMap(({ sizes }) => sizes[0] ?? []);
  const [width, height] = [largest.map((size) => size.width), largest.map((size) => size.height)];
  const readable = await toTiff({ width: Math.max(...width), height: Math.max(...height) });
  return { facts, plan, readable };
}

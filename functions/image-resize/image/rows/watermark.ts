export const GRAVITIES = [
  'centre',
  'north',
  'northeast',
  'east',
  'southeast',
  'south',
  'southwest',
  'west',
  'northwest',
] as const;

export interface Watermark {
  /** An image file in Base64. So it is part of the bundle, and a new one changes the recipe's hash. */
  readonly image: string;
  readonly gravity: (typeof GRAVITIES)[number];
  /** The watermark's width as a share of the rendition's: above 0, at most 1. */
  readonly scale: number;
  /** Above 0, at most 1. */
  readonly opacity: number;
}

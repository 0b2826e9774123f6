import { toPicture } from 'image-pipeline-client';
import type { Manifest } from '../calls/manifest.ts';

/** Stands for the address of a CDN that nobody has told the page. */
export const EXAMPLE_BASE = 'https://images.example';

/**
 * The `<picture>` of an image, to copy into a page.
 * @param base the address that serves `output/`.
 * @throws Error with the reason if no address can contain the image's key.
 */
export function writeMarkup(manifest: Manifest, base: string): string {
  const { sources, img, placeholder } = toPicture(manifest, { base });
  // The blurred placeholder would be longer than all the rest.
  const style = `max-width: 100%; height: auto;${placeholder ? ` background: ${placeholder.color}` : ''}`;
  const lines = [
    '<picture>',
    ...sources.map((source) => `  <source${attributesOf({ ...source })}>`),
    `  <img${attributesOf({ ...img })} alt="Say what the image shows" style="${style}">`,
    '</picture>',
  ];
  return lines.join('\n');
}

function attributesOf(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('');
}

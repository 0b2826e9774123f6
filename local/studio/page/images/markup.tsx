import type { Manifest } from '../calls/manifest.ts';
import { CopyButton } from '../copy-button.tsx';
import { useStack } from '../stack-context.ts';
import { EXAMPLE_BASE, writeMarkup } from './write-markup.ts';

/** The `<picture>` that shows the image on a page, with a button that copies it. */
export function Markup({ manifest }: { manifest: Manifest }) {
  const { imagesUrl } = useStack();
  const { text, problem } = markupOf(manifest, imagesUrl ?? EXAMPLE_BASE);
  if (problem !== undefined) return <p>There is no markup: {problem}</p>;
  return (
    <section class="markup">
      <div class="markup-head">
        <h3>On a page</h3>
        <CopyButton text={text} what="markup" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls. */}
      <pre tabIndex={0}>{text}</pre>
      {!imagesUrl && (
        <p class="quiet">
          The stack has no distribution. The addresses work below the CDN that serves <code>output/</code>:
          put its address in place of {EXAMPLE_BASE}.
        </p>
      )}
    </section>
  );
}

function markupOf(manifest: Manifest, base: string): { readonly text: string; readonly problem?: string } {
  try {
    return { text: writeMarkup(manifest, base) };
  } catch (error) {
    return { text: '', problem: error instanceof Error ? error.message : String(error) };
  }
}

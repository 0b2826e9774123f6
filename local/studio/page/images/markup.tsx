import { useState } from 'preact/hooks';
import type { Manifest } from '../calls/s3.ts';
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
        <CopyButton text={text} />
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

function CopyButton({ text }: { text: string }) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('The browser does not allow it: select the text and copy it.');
    }
  };
  return (
    <>
      <span role="status" class="quiet">
        {said}
      </span>
      <button type="button" onClick={copy}>
        Copy the markup
      </button>
    </>
  );
}

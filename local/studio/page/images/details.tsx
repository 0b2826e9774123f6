import './details.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Manifest } from '../calls/manifest.ts';
import { poll } from '../calls/poll.ts';
import { objectUrl, readEtag, readManifest } from '../calls/s3.ts';
import { Cost } from '../cost/cost.tsx';
import { hrefTo } from '../navigation.ts';
import { useStack } from '../stack-context.ts';
import { Compare } from './compare.tsx';
import { fileNameOf, formatBytes } from './format-size.ts';
import { focusTile } from './gallery.tsx';
import type { Known, ManifestReader } from './manifest-reader.ts';
import { Markup } from './markup.tsx';
import { Refusal } from './refusal.tsx';
import { Renditions } from './renditions.tsx';
import { useKnown } from './use-known.ts';

interface Props {
  imageKey: string;
  reader: ManifestReader;
}

/** A dialog with all that is known of one image. Closing it leads back to the gallery, and the focus to its tile. */
export function Details({ imageKey, reader }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [address] = useState(() => location.hash);
  const known = useFreshManifest(reader, imageKey);
  useEffect(() => {
    dialog.current?.showModal();
    return () => focusTile(document, imageKey);
  }, [imageKey]);
  const close = () => dialog.current?.close();
  return (
    <dialog
      ref={dialog}
      class="details"
      // A click beside it closes it too.
      {...{ closedby: 'any' }}
      aria-labelledby="details-name"
      onClose={() => {
        // The event comes later than the end: the address may already be that of another image.
        if (location.hash === address) location.hash = hrefTo('images');
      }}
    >
      <div class="details-content">
        <div class="details-head">
          <h2 id="details-name">{fileNameOf(imageKey)}</h2>
          <button type="button" onClick={close}>
            Close
          </button>
        </div>
        <Facts imageKey={imageKey} known={known} />
        <Content imageKey={imageKey} known={known} />
      </div>
    </dialog>
  );
}

function Facts({ imageKey, known }: { imageKey: string; known: Known | undefined }) {
  const { originalImagesBucket } = useStack();
  const source = known?.status === 'read' ? known.manifest.source : undefined;
  const facts = [
    source?.format?.toUpperCase(),
    source?.width !== undefined && `${source.width} × ${source.height}`,
    source?.bytes !== undefined && formatBytes(source.bytes),
    source?.frames !== undefined && source.frames > 1 && `${source.frames} frames`,
  ].filter(Boolean);
  return (
    <p class="details-facts quiet">
      <code>{imageKey}</code> {facts.length > 0 && <span>{facts.join(', ')}</span>}{' '}
      {known?.status !== 'gone' && (
        <a href={objectUrl(originalImagesBucket, imageKey)} download={fileNameOf(imageKey)}>
          Download the original
        </a>
      )}
    </p>
  );
}

function Content({ imageKey, known }: { imageKey: string; known: Known | undefined }) {
  const { acceptHeic, costs, isLocal } = useStack();
  switch (known?.status) {
    case undefined:
      return <p class="quiet">Reading…</p>;
    case 'failed':
      return <p>Its manifest could not be read: {known.message}</p>;
    case 'missing':
      return <Unprocessed imageKey={imageKey} />;
    case 'gone':
      return <p>There is no image with this key: it was removed, or never uploaded.</p>;
    case 'read':
      return (
        <>
          {known.manifest.error ? (
            <Refusal error={known.manifest.error} acceptHeic={acceptHeic} />
          ) : (
            <Made manifest={known.manifest} />
          )}
          <Cost
            dollars={known.manifest.error ? costs.refusal : costs.upload}
            what={known.manifest.error ? 'this refusal' : 'this upload'}
            isLocal={isLocal}
          />
          <details class="details-manifest">
            <summary>The manifest</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls. */}
            <pre tabIndex={0}>{JSON.stringify(known.manifest, undefined, 2)}</pre>
          </details>
        </>
      );
  }
}

function Made({ manifest }: { manifest: Manifest }) {
  return (
    <>
      <Compare manifest={manifest} />
      <Renditions manifest={manifest} />
      <Markup manifest={manifest} />
    </>
  );
}

function Unprocessed({ imageKey }: { imageKey: string }) {
  return (
    <p>
      <strong>Nothing was made of this image yet.</strong> An upload takes some seconds. If this stays, look
      at <a href={hrefTo('queue')}>Not processed</a>, or send <code>{JSON.stringify({ key: imageKey })}</code>{' '}
      under <a href={hrefTo('executions')}>Executions</a>.
    </p>
  );
}

/** Reads the manifest when the dialog opens, and again as long as there is none. */
function useFreshManifest(reader: ManifestReader, key: string): Known | undefined {
  const { originalImagesBucket, resizedImagesBucket } = useStack();
  const known = useKnown(reader, key);
  const [failure, setFailure] = useState<Known>();
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const look = async () => {
      try {
        const manifest = await readManifest(resizedImagesBucket, key, signal);
        const isGone = !manifest && (await readEtag(originalImagesBucket, key, signal)) === undefined;
        reader.put(key, manifest ? { status: 'read', manifest } : { status: isGone ? 'gone' : 'missing' });
        setFailure(undefined);
        if (manifest) stop.abort();
      } catch (error) {
        // Shown, whatever it is, and looked at again: somebody may write a manifest where there was none.
        if (!signal.aborted)
          setFailure({ status: 'failed', message: error instanceof Error ? error.message : String(error) });
      }
      return false;
    };
    void poll(look, { fastMs: 1000, slowMs: 10_000, signal });
    return () => stop.abort();
  }, [reader, originalImagesBucket, resizedImagesBucket, key]);
  return known ?? failure;
}

import { useState } from 'preact/hooks';
import type { Manifest } from '../calls/manifest.ts';
import { readEtag } from '../calls/s3.ts';
import { useStack } from '../stack-context.ts';
import { originalOf, type Side, wholeRenditions } from './comparable.ts';
import { Slider } from './slider.tsx';

/** The original beside a rendition, or two renditions if the browser cannot show the original. */
export function Compare({ manifest }: { manifest: Manifest }) {
  const stack = useStack();
  const [failure, setFailure] = useState<string>();
  const hasFailed = failure !== undefined;
  const renditions = wholeRenditions(manifest, stack);
  const original = originalOf(manifest, stack);
  const left = hasFailed ? renditions : [original];
  const [leftName, setLeftName] = useState('');
  const [rightName, setRightName] = useState('');
  const [zoom, setZoom] = useState<Zoom>('fit');
  const before = left.find(({ name }) => name === leftName) ?? left[0];
  const right = renditions.filter((side) => side !== before);
  const after = right.find(({ name }) => name === rightName) ?? right[0];
  if (!before || !after) return null;
  const fail = async () => setFailure(await explainFailure(manifest, stack.originalImagesBucket));
  return (
    <section class="compare">
      <h3>Compare</h3>
      <div class="compare-fields">
        {hasFailed ? (
          <Choice label="On the left" sides={left} value={before} change={setLeftName} />
        ) : (
          <p class="compare-left">The original is on the left.</p>
        )}
        <Choice label="On the right" sides={right} value={after} change={setRightName} />
        <label>
          Zoom
          <select value={zoom} onChange={({ currentTarget }) => setZoom(readZoom(currentTarget.value))}>
            <option value="fit">whole image</option>
            <option value="before">1:1, pixels of {before.name}</option>
            <option value="after">1:1, pixels of {after.name}</option>
          </select>
        </label>
      </div>
      {hasFailed && <p class="quiet">{failure}: two renditions are compared.</p>}
      <Slider
        key={`${before.url} ${after.url} ${zoom}`}
        before={before}
        after={after}
        width={zoom === 'fit' ? undefined : { before, after }[zoom].width / devicePixelRatio}
        fail={() => void fail()}
      />
    </section>
  );
}

/** A browser says the same of an original that is no longer that of the manifest as of a format that it does not know. */
async function explainFailure({ source }: Manifest, originalImagesBucket: string): Promise<string> {
  const etag = await readEtag(originalImagesBucket, source.key).catch(() => source.etag);
  if (etag === undefined) return 'The original was removed';
  return etag === source.etag
    ? `This browser cannot show the original, a ${source.format?.toUpperCase()}`
    : 'The original was replaced, and nothing was made of the new one yet';
}

type Zoom = 'fit' | 'before' | 'after';

function readZoom(value: string): Zoom {
  return value === 'before' || value === 'after' ? value : 'fit';
}

interface ChoiceProps {
  label: string;
  sides: readonly Side[];
  value: Side;
  change: (name: string) => void;
}

function Choice({ label, sides, value, change }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value.name} onChange={({ currentTarget }) => change(currentTarget.value)}>
        {sides.map((side) => (
          <option key={side.name} value={side.name}>
            {side.label}
          </option>
        ))}
      </select>
    </label>
  );
}

import { objectUrl } from '../calls/s3.ts';
import { hrefTo } from '../navigation.ts';
import { fileNameOf } from './format-size.ts';
import type { Known, ManifestReader } from './manifest-reader.ts';
import { choosePreview, placeholderOf } from './preview.ts';
import { explainRefusal } from './refusal-reasons.ts';
import { TilePicture } from './tile-picture.tsx';
import { useKnown } from './use-known.ts';

interface Props {
  imageKey: string;
  reader: ManifestReader;
  resizedImagesBucket: string;
  acceptHeic: boolean;
  /** Tab reaches one image, and the arrow keys the others. */
  isTabStop: boolean;
}

/** One image of the gallery: a link to its details. */
export function Tile({ imageKey, reader, resizedImagesBucket, acceptHeic, isTabStop }: Props) {
  const known = useKnown(reader, imageKey);
  return (
    <a
      class="tile"
      href={hrefTo('images', imageKey)}
      data-key={imageKey}
      title={imageKey}
      tabIndex={isTabStop ? 0 : -1}
    >
      <Preview known={known} bucket={resizedImagesBucket} acceptHeic={acceptHeic} />
      <span class="tile-name">{fileNameOf(imageKey)}</span>
    </a>
  );
}

interface PreviewProps {
  known: Known | undefined;
  bucket: string;
  acceptHeic: boolean;
}

/** The picture, or in its place why there is none. */
function Preview({ known, bucket, acceptHeic }: PreviewProps) {
  const manifest = known?.status === 'read' && !known.manifest.error ? known.manifest : undefined;
  const rendition = manifest && choosePreview(manifest.renditions);
  if (!manifest) {
    const mark = markOf(known, acceptHeic);
    return (
      <span class={`tile-picture tile-empty ${mark ? `tile-${mark.kind}` : ''}`}>
        {mark && (
          <span>
            <span aria-hidden="true">{mark.sign}</span> {mark.words}
          </span>
        )}
      </span>
    );
  }
  const placeholder = placeholderOf(manifest);
  return (
    <span class="tile-picture" style={placeholder && { backgroundImage: `url(${placeholder})` }}>
      {rendition && <TilePicture url={objectUrl(bucket, rendition.key, rendition.etag)} />}
    </span>
  );
}

function markOf(known: Known | undefined, acceptHeic: boolean) {
  switch (known?.status) {
    case 'missing':
      return { kind: 'pending', sign: '◌', words: 'Not processed yet' };
    case 'gone':
      return { kind: 'pending', sign: '∅', words: 'Removed' };
    case 'failed':
      return { kind: 'pending', sign: '?', words: known.message };
    case 'read':
      if (!known.manifest.error) return undefined;
      return {
        kind: 'refused',
        sign: '✕',
        words: `Refused: ${explainRefusal(known.manifest.error, { acceptHeic }).words}`,
      };
    default:
      return undefined;
  }
}

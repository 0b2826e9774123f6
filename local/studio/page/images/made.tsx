import type { Manifest } from '../calls/manifest.ts';
import { objectUrl } from '../calls/s3.ts';
import { useStack } from '../stack-context.ts';
import { formatBytes, formatCount, formatShare } from './format-size.ts';
import { choosePreview, placeholderOf } from './preview.ts';

/** What was made of an image, in a picture and a sentence. */
export function Made({ manifest }: { manifest: Manifest }) {
  const { resizedImagesBucket } = useStack();
  const { renditions, source } = manifest;
  const preview = choosePreview(renditions);
  const placeholder = placeholderOf(manifest);
  const bytes = renditions.reduce((sum, rendition) => sum + rendition.bytes, 0);
  return (
    <div class="made">
      {preview && (
        <img
          src={objectUrl(resizedImagesBucket, preview.key, preview.etag)}
          alt=""
          width={preview.width}
          height={preview.height}
          style={placeholder && { backgroundImage: `url(${placeholder})` }}
        />
      )}
      <p>
        {formatCount(renditions.length, 'rendition')}, {formatBytes(bytes)} together
        {source.bytes !== undefined && `: ${formatShare(bytes, source.bytes)} of the original`}
      </p>
    </div>
  );
}

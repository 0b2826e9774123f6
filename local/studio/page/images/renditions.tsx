import type { Manifest } from '../calls/manifest.ts';
import { objectUrl } from '../calls/s3.ts';
import { useStack } from '../stack-context.ts';
import { formatBytes, formatShare } from './format-size.ts';

/** Every file that was made, in a table. */
export function Renditions({ manifest: { renditions, source } }: { manifest: Manifest }) {
  const { resizedImagesBucket } = useStack();
  const originalBytes = source.bytes;
  return (
    <section class="renditions">
      <h3>Renditions</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a narrow screen has to scroll it. */}
      <section class="renditions-scroll" tabIndex={0} aria-label="Table of the renditions">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Pixels</th>
              <th scope="col">Format</th>
              <th scope="col">Size</th>
              <th scope="col">Of the original</th>
            </tr>
          </thead>
          <tbody>
            {renditions.map(({ name, key, etag, width, height, format, bytes, frames }) => (
              <tr key={key}>
                <th scope="row">
                  <a href={objectUrl(resizedImagesBucket, key, etag)} target="_blank" rel="noreferrer">
                    {name}
                  </a>
                </th>
                <td>
                  {width} × {height}
                  {frames !== undefined && `, ${frames} frames`}
                </td>
                <td>{format.toUpperCase()}</td>
                <td>{formatBytes(bytes)}</td>
                <td>{originalBytes === undefined ? '' : <Share bytes={bytes} of={originalBytes} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Share({ bytes, of }: { bytes: number; of: number }) {
  return (
    <span class="share">
      <span class="share-bar" aria-hidden="true">
        <span style={{ width: `${Math.min((100 * bytes) / of, 100)}%` }} />
      </span>
      {formatShare(bytes, of)}
    </span>
  );
}

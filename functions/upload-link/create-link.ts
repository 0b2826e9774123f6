import type { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { FOCAL_POINT_METADATA, formatFocalPoint } from '../image-resize/focal-metadata.ts';
import type { Configuration } from './configuration.ts';
import { createUploadKey } from './upload-key.ts';
import type { UploadRequest } from './upload-request.ts';

/** What a browser sends its file with: a form with these fields, and then the field `file`. */
export interface UploadLink {
  readonly key: string;
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Where the manifest will be; missing if the stack has no CDN. */
  readonly manifestUrl?: string;
}

/** A form that is filled in by a person has been filled in when the link is asked for. S3 checks when a POST begins. */
const EXPIRES_SECONDS = 5 * 60;

/**
 * Signs a form for one new key, with this content type, this focal point and exactly so many bytes. S3 refuses everything else.
 * @throws the SDK's error if there are no credentials to sign with.
 */
export async function createLink(
  { name, contentType, bytes, focalPoint }: UploadRequest,
  { originalImagesBucket, imagesUrl }: Configuration,
  client: S3Client,
): Promise<UploadLink> {
  const key = createUploadKey(name);
  const form = await createPresignedPost(client, {
    Bucket: originalImagesBucket,
    Key: key,
    Fields: {
      'Content-Type': contentType,
      ...(focalPoint && { [`x-amz-meta-${FOCAL_POINT_METADATA}`]: formatFocalPoint(focalPoint) }),
    },
    // Besides this, the SDK makes a condition of each field: the form may have no other.
    Conditions: [['content-length-range', bytes, bytes]],
    Expires: EXPIRES_SECONDS,
  });
  return { key, ...form, ...(imagesUrl && { manifestUrl: manifestUrl(imagesUrl, key) }) };
}

/** The CDN serves output/ at its root, and the manifest of input/… is output/…/manifest.json. */
function manifestUrl(imagesUrl: string, key: string): string {
  const path = key.split('/').slice(1).map(encodeURIComponent).join('/');
  return `${imagesUrl}/${path}/manifest.json`;
}

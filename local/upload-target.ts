import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { findStack, outputOf, type settingsOf } from '../operate/deployed-stack.ts';
import type { Addresses } from './introduce.ts';
import type { UploadTarget } from './upload-files.ts';

/**
 * On this machine enough to keep every core busy while one file is still being read; on AWS, where an image takes seconds
 * and others share the account's concurrency, enough for ten images each second.
 */
const AT_ONCE = { here: 8, onAws: 24 } as const;

/** The SDK prints a warning for each stream that a stop ends. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** The runtime of this machine. Any credentials do. */
export function localTarget(
  { s3, originalImagesBucket, resizedImagesBucket }: Addresses,
  failureOf: UploadTarget['failureOf'] = () => undefined,
): UploadTarget {
  return {
    client: new S3Client({
      logger: SILENT,
      endpoint: s3,
      region: 'us-east-1',
      credentials: { accessKeyId: 'administrator', secretAccessKey: 'local' },
    }),
    originalImagesBucket: originalImagesBucket ?? '',
    resizedImagesBucket: resizedImagesBucket ?? '',
    atOnce: AT_ONCE.here,
    // The renditions may have changed: the pipeline finds out what is up to date.
    skipsStored: false,
    failureOf,
  };
}

/**
 * A deployed stack, by its name, as the caller of the SDK.
 * @throws Error if there is no such stack, or if it is of another template; the SDK's error if AWS cannot be asked.
 */
export async function stackTarget(
  name: string,
  settings: ReturnType<typeof settingsOf>,
): Promise<UploadTarget> {
  const stack = await findStack(name, new CloudFormationClient(settings));
  return {
    client: new S3Client({ ...settings, logger: SILENT }),
    originalImagesBucket: outputOf(stack, 'OriginalImagesBucketName'),
    resizedImagesBucket: outputOf(stack, 'ResizedImagesBucketName'),
    atOnce: AT_ONCE.onAws,
    skipsStored: true,
    failureOf: () => undefined,
  };
}

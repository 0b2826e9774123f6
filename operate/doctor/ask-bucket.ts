import {
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  HeadBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Answer, Bucket, Caller } from './account.ts';
import { answer, named, read } from './answer.ts';

/** The notification that the output PrepareExistingResizedBucketCommands adds. */
const ANNOUNCEMENT = 'announce-manifests';

/** What a brought bucket is like. Of a bucket of another region only the region is asked. */
export function askBucket(Bucket: string, { account, region }: Caller): Promise<Answer<Bucket>> {
  // HEAD finds a bucket of another region only if the client follows the redirect.
  const client = new S3Client({ region, followRegionRedirects: true });
  return answer(async () => {
    try {
      const found = await client.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: account }));
      const itsRegion = found.BucketRegion ?? region;
      if (itsRegion !== region) return { state: 'FOUND', region: itsRegion };
      return { state: 'FOUND', region, settings: await askSettings(client, Bucket) };
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return { state: 'MISSING' };
      if (status === 403) return { state: 'FORBIDDEN' };
      throw error;
    }
  });
}

async function askSettings(client: S3Client, Bucket: string): Promise<NonNullable<Bucket['settings']>> {
  const [notifications, kmsKey, policy, origins] = await Promise.all([
    answer(() => client.send(new GetBucketNotificationConfigurationCommand({ Bucket }))),
    answer(() => askKmsKey(client, Bucket), named('ServerSideEncryptionConfigurationNotFoundError')),
    answer(
      async () => (await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy,
      named('NoSuchBucketPolicy'),
    ),
    answer(() => askUploadOrigins(client, Bucket), named('NoSuchCORSConfiguration')),
  ]);
  return {
    sendsEvents: read(
      notifications,
      ({ EventBridgeConfiguration }) => EventBridgeConfiguration !== undefined,
    ),
    announces: read(notifications, ({ TopicConfigurations = [] }) =>
      TopicConfigurations.some(({ Id }) => Id === ANNOUNCEMENT),
    ),
    kmsKey,
    policy,
    uploadOrigins: read(origins, (found) => found ?? []),
  };
}

async function askKmsKey(client: S3Client, Bucket: string): Promise<string | undefined> {
  const { ServerSideEncryptionConfiguration } = await client.send(new GetBucketEncryptionCommand({ Bucket }));
  const rule = ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
  return rule?.SSEAlgorithm?.startsWith('aws:kms') ? (rule.KMSMasterKeyID ?? 'aws/s3') : undefined;
}

async function askUploadOrigins(client: S3Client, Bucket: string): Promise<string[]> {
  const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket }));
  return CORSRules.filter(({ AllowedMethods = [] }) => AllowedMethods.includes('POST')).flatMap(
    ({ AllowedOrigins = [] }) => AllowedOrigins,
  );
}

/** An answer to HEAD has no body, so the SDK has only the status. */
function statusOf(error: unknown): unknown {
  return error instanceof Error && '$metadata' in error ? Object(error.$metadata).httpStatusCode : undefined;
}

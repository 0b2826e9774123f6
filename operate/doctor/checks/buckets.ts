import type { Plan } from '../../deployment.ts';
import { type Finding, fit, note, ok, stop } from '../../finding.ts';
import type { Account, Bucket } from '../account.ts';
import { about } from './about.ts';

type Settings = NonNullable<Bucket['settings']>;

/**
 * Whether brought buckets are there, and what their owner has to add: the stack does not change them. "Afterwards", the
 * outputs of the stack contain what is to be added.
 */
export function checkBuckets(plan: Plan, account: Account): Finding[] {
  const { ExistingOriginalImagesBucket: originals = '', ExistingResizedImagesBucket: resized = '' } =
    plan.parameters;
  return [
    ...about('originals', account.originals, (bucket) =>
      checkBucket('originals', originals, bucket, account, (settings) => [
        ...checkEvents(settings),
        ...checkCors(plan, settings),
        ...checkEncryption('originals', plan, settings),
        ...checkPolicy('originals', settings),
      ]),
    ),
    ...about('resized', account.resized, (bucket) =>
      checkBucket('resized', resized, bucket, account, (settings) => [
        ...checkAnnouncements(plan, settings),
        ...checkReaders(plan, settings),
        ...checkEncryption('resized', plan, settings),
        ...checkPolicy('resized', settings),
      ]),
    ),
  ];
}

function checkBucket(
  subject: string,
  name: string,
  { state, region, settings }: Bucket,
  account: Account,
  find: (settings: Settings) => Finding[],
): Finding[] {
  if (state === 'MISSING') return [stop(subject, fit`Create the bucket ${name}, or name another.`)];
  if (state === 'FORBIDDEN')
    return [stop(subject, fit`Name another bucket: ${name} is not yours, or hidden.`)];
  if (settings === undefined)
    return [stop(subject, fit`Name one of ${account.region}: ${name} is in ${region ?? ''}.`)];
  const found = find(settings);
  return found.length > 0 ? found : [ok(subject, fit`${name} is ready.`)];
}

function checkEvents({ sendsEvents }: Settings): Finding[] {
  return about('originals', sendsEvents, (isOn) =>
    isOn ? [] : [note('originals', 'Afterwards run PrepareExistingBucketsCommands.')],
  );
}

function checkAnnouncements({ parameters }: Plan, { announces }: Settings): Finding[] {
  if (parameters.Announce !== 'true') return [];
  return about('resized', announces, (isOn) =>
    isOn ? [] : [note('resized', 'Afterwards run PrepareExistingResizedBucketCommands.')],
  );
}

function checkCors({ parameters }: Plan, { uploadOrigins }: Settings): Finding[] {
  const { BrowserUploads, CorsOrigin = '' } = parameters;
  if (BrowserUploads !== 'true' || CorsOrigin === '') return [];
  return about('originals', uploadOrigins, (origins) =>
    origins.some((origin) => matches(origin, CorsOrigin))
      ? []
      : [note('originals', 'Afterwards add ExistingOriginalImagesBucketCorsRule.')],
  );
}

/** Whether an origin of a CORS rule, which may have one asterisk, is for an origin. */
function matches(rule: string, origin: string): boolean {
  const [start = '', end] = rule.split('*');
  return end === undefined ? rule === origin : origin.startsWith(start) && origin.endsWith(end);
}

/** The distribution exists only after the first deployment, so its statements cannot be there before. */
function checkReaders({ parameters }: Plan, { policy }: Settings): Finding[] {
  if (parameters.Delivery !== 'CLOUDFRONT') return [];
  return about('resized', policy, (text = '') =>
    text.includes('cloudfront.amazonaws.com')
      ? []
      : [note('resized', 'Afterwards add ExistingResizedImagesBucketPolicyStatements.')],
  );
}

function checkEncryption(subject: string, { parameters }: Plan, { kmsKey }: Settings): Finding[] {
  const { KmsKeyArn = '' } = parameters;
  return about(subject, kmsKey, (key) => {
    if (key === undefined || key === KmsKeyArn) return [];
    // A key of AWS's own lets every role of the account use it that may use the bucket.
    if (key === 'aws/s3' || key.endsWith('alias/aws/s3')) return [];
    return [note(subject, fit`Set KmsKeyArn to its key, ${key}.`)];
  });
}

/** A Deny that is more than "TLS only" may be for the stack's roles too. */
function checkPolicy(subject: string, { policy }: Settings): Finding[] {
  return about(subject, policy, (text) => {
    if (text === undefined) return [];
    const { Statement = [] }: { Statement?: unknown } = JSON.parse(text);
    const statements: unknown[] = Array.isArray(Statement) ? Statement : [Statement];
    const denials = statements.filter(
      (statement) =>
        Object(statement).Effect === 'Deny' && !JSON.stringify(statement).includes('aws:SecureTransport'),
    );
    return denials.length === 0
      ? []
      : [note(subject, 'See that no Deny in its policy is for the roles of this stack.')];
  });
}

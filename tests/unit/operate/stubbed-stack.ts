import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import type { DeployedStack } from '../../../operate/deployed-stack.ts';
import type { SmokeTarget } from '../../../operate/smoke/observe.ts';
import { manifestKeyOf } from '../../../operate/smoke/plan.ts';
import { awsError } from './stubbed-account.ts';

/** How a stack differs from one that is well. */
export interface Sickness {
  /** No event reaches the state machine. */
  readonly isDeaf?: boolean;
  /** The error with which an image is rejected. */
  readonly rejectsImages?: string;
  readonly takesTexts?: boolean;
  readonly keepsOutputs?: boolean;
  /** The name of the error with which S3 answers these commands. */
  readonly s3?: Readonly<Record<string, string>>;
  /** Nothing can be deleted for ever. */
  readonly isLocked?: boolean;
  /** Status and body of the answer to POST. */
  readonly post?: readonly [number, unknown];
  /** The body of the answers to GET, the last one again and again. */
  readonly executions?: readonly unknown[];
  /** The status of CloudFront's answers. */
  readonly cdn?: number;
  readonly parameters?: Readonly<Record<string, string>>;
}

interface Version {
  readonly Key: string;
  readonly VersionId: string;
  readonly body: Buffer | undefined;
}

const BUCKETS = { originals: 'originals', resized: 'resized' };
const API = 'https://api.example/prod/process-image';

/** A stack at the edges of the SDK and of `fetch`: two buckets with versions, and what the pipeline does at once. */
export function stubStack(sickness: Sickness = {}) {
  const versions: Record<string, Version[]> = { originals: [], resized: [] };
  const deleted: string[] = [];
  const requests: { method: string; url: string; body: unknown }[] = [];
  let count = 0;
  const of = (bucket: string | undefined): Version[] => versions[bucket ?? ''] ?? [];
  const add = (bucket: string, Key: string, body: Buffer | undefined): void => {
    count += 1;
    of(bucket).unshift({ Key, VersionId: `v${count}`, body });
  };
  const latest = (bucket: string | undefined, key: string | undefined) =>
    of(bucket).find(({ Key }) => Key === key);

  const process = (key: string, body: Buffer): void => {
    const isRefused = key.includes('text') ? !sickness.takesTexts : sickness.rejectsImages !== undefined;
    const error = { name: key.includes('text') ? 'UnsupportedImageError' : sickness.rejectsImages };
    const source = { etag: createHash('md5').update(body).digest('hex') };
    const manifest = isRefused
      ? { status: 'REJECTED', source, error }
      : { status: 'RESIZED', source, renditions: [{}, {}, {}] };
    add(BUCKETS.resized, manifestKeyOf(key), Buffer.from(JSON.stringify(manifest)));
  };

  const refuse = (command: string): void => {
    const name = sickness.s3?.[command];
    if (name !== undefined) throw awsError(name, name, 403);
  };

  const s3 = mockClient(S3Client);
  s3.on(PutObjectCommand).callsFake(({ Bucket, Key, Body }) => {
    refuse('PutObjectCommand');
    const body = Buffer.from(Body);
    add(Bucket, Key, body);
    if (!sickness.isDeaf) process(Key, body);
    return { ETag: `"${createHash('md5').update(body).digest('hex')}"` };
  });
  s3.on(GetObjectCommand).callsFake(({ Bucket, Key }) => {
    refuse('GetObjectCommand');
    const body = latest(Bucket, Key)?.body;
    if (!body) throw awsError('NoSuchKey', 'The key does not exist.', 404);
    return { Body: { transformToString: async () => body.toString() } };
  });
  s3.on(DeleteObjectCommand).callsFake(({ Bucket, Key }) => {
    refuse('DeleteObjectCommand');
    add(Bucket, Key, undefined);
    if (!sickness.keepsOutputs)
      versions.resized = of(BUCKETS.resized).filter((one) => one.Key !== manifestKeyOf(Key));
    return {};
  });
  s3.on(ListObjectsV2Command).callsFake(({ Bucket, Prefix }) => ({
    KeyCount: of(Bucket).filter(({ Key, body }) => body && Key.startsWith(Prefix)).length,
  }));
  s3.on(ListObjectVersionsCommand).callsFake(({ Bucket, Prefix }) => {
    refuse('ListObjectVersionsCommand');
    const listed = of(Bucket)
      .filter(({ Key }) => Key.startsWith(Prefix))
      .map((one) => ({ ...one, IsLatest: latest(Bucket, one.Key) === one }));
    return {
      Versions: listed.filter(({ body }) => body),
      DeleteMarkers: listed.filter(({ body }) => !body),
    };
  });
  s3.on(DeleteObjectsCommand).callsFake(({ Bucket, Delete }) => {
    for (const { Key, VersionId } of Delete.Objects) {
      const isMarker = of(Bucket).find((one) => one.VersionId === VersionId)?.body === undefined;
      deleted.push(`${isMarker ? 'marker' : 'version'} of ${Key}`);
      if (!sickness.isLocked) versions[Bucket] = of(Bucket).filter((one) => one.VersionId !== VersionId);
    }
    return {};
  });
  const realFetch = globalThis.fetch;
  const executions = [...(sickness.executions ?? [{ status: 'RUNNING' }, { status: 'SUCCEEDED' }])];
  globalThis.fetch = async (input, init = {}) => {
    const url = String(input);
    const method = init.method ?? 'GET';
    requests.push({ method, url, body: init.body && JSON.parse(String(init.body)) });
    if (!url.startsWith(API)) return new Response('{}', { status: sickness.cdn ?? 200 });
    if (method === 'GET') {
      const execution = executions.length > 1 ? executions.shift() : executions[0];
      return Response.json(execution);
    }
    const [status, body] = sickness.post ?? [200, { executionArn: 'arn:aws:states:x:y:execution:m:run-1' }];
    return new Response(JSON.stringify(body) ?? '', { status });
  };

  const stack: DeployedStack = {
    name: 'pictures',
    parameters: sickness.parameters ?? {},
    outputs: sickness.cdn === undefined ? {} : { ImagesUrl: 'https://images.example' },
  };
  const target: SmokeTarget = {
    apiUrl: API,
    originals: BUCKETS.originals,
    resized: BUCKETS.resized,
    s3: new S3Client({ region: 'eu-central-1' }),
    authorize: async (_, init) => init,
  };
  return {
    stack,
    target,
    requests,
    /** What was deleted for ever, in its order. */
    deleted,
    left: (): string[] => Object.values(versions).flatMap((all) => all.map(({ Key }) => Key)),
    addOriginal: (key: string) => add(BUCKETS.originals, key, Buffer.from('of somebody else')),
    restore: () => {
      s3.restore();
      globalThis.fetch = realFetch;
    },
  };
}

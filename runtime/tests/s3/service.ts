// The S3 service in this process, with clients for it.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { S3Event } from '../../s3/server.ts';
import { type ListeningService, listen } from './process.ts';

export interface RunningService extends ListeningService {
  readonly directory: string;
  readonly client: S3Client;
  /** The events since the folder was empty, in order. */
  readonly events: () => S3Event[];
  readonly stop: () => Promise<void>;
}

/** The bucket of nearly every test. */
export const Bucket = 'notes';

/**
 * Gives each test of the suite a service of its own on an empty folder, which takes about 10 ms, and removes it after.
 * @param versionedBuckets the buckets that keep old versions.
 * @returns the service of the test that runs, and the calls that most tests make on it.
 */
export function useService(versionedBuckets: readonly string[] = []) {
  let running: RunningService | undefined;
  beforeEach(async () => {
    running = await startService(undefined, versionedBuckets);
  });
  afterEach(async () => {
    await stopAndRemove(service());
    running = undefined;
  });
  const service = (): RunningService => {
    if (running === undefined) throw new Error('Expected to be called in a test but there is no service.');
    return running;
  };
  return {
    service,
    put: (Key: string, Body: string | Buffer = 'bytes', more: Partial<PutObjectCommandInput> = {}) =>
      service().client.send(new PutObjectCommand({ Bucket, Key, Body, ...more })),
    get: async (Key: string) => {
      const answer = await service().client.send(new GetObjectCommand({ Bucket, Key }));
      return answer.Body?.transformToString();
    },
    keys: async () => {
      const page = await service().client.send(new ListObjectsV2Command({ Bucket }));
      return (page.Contents ?? []).map((object) => object.Key);
    },
  };
}

/** The error of a call that has to be refused. */
export async function failure(promise: Promise<unknown>): Promise<S3ServiceException> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof S3ServiceException) return error;
    throw error;
  }
  throw new Error('Expected the call to be refused but it succeeded');
}

/** Starts the service on an empty folder, or on one that an earlier service used. */
export async function startService(
  directory = mkdtempSync(join(tmpdir(), 's3-test-')),
  versionedBuckets: readonly string[] = [],
): Promise<RunningService> {
  const listening = await listen(directory, versionedBuckets);
  const client = clientFor(listening.url, 'anyone');
  return {
    ...listening,
    directory,
    client,
    events: () => readEvents(listening.database),
    async stop() {
      client.destroy();
      await listening.close();
    },
  };
}

/** A client with the SDK's defaults, apart from what a local endpoint needs. */
export function clientFor(url: string, accessKeyId: string): S3Client {
  return new S3Client({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'any' },
    maxAttempts: 1,
  });
}

/** The names of files whose bytes belong to no object yet, or no longer. */
export function incoming(service: RunningService): string[] {
  return readdirSync(join(service.directory, 's3', '.incoming'));
}

/** The names of the files of old versions. */
export function oldVersionFiles(service: RunningService): string[] {
  return readdirSync(join(service.directory, 's3', '.versions'));
}

export function readEvents(database: DatabaseSync): S3Event[] {
  return database
    .prepare('SELECT event FROM test_events ORDER BY rowid')
    .all()
    .map((row) => JSON.parse(String(row.event)));
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request exactly as written, for what the SDK would not send. */
export function send(
  service: RunningService,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer = '',
): Promise<RawAnswer> {
  const { hostname, port } = new URL(service.url);
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const sent = request({ hostname, port, method, path, headers: { ...length, ...headers } }, (answer) => {
    const pieces: Buffer[] = [];
    answer.on('data', (piece: Buffer) => pieces.push(piece));
    answer.on('end', () => {
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: Buffer.concat(pieces).toString(),
      });
    });
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

export async function stopAndRemove(service: RunningService): Promise<void> {
  await service.stop();
  rmSync(service.directory, { recursive: true, force: true });
}

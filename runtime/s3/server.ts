import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { PageRequest } from '../gate.ts';
import type { Authorize, Principal } from '../iam/index.ts';
import type { Answer } from './call.ts';
import type { S3Event } from './change-events.ts';
import { integerColumn } from './columns.ts';
import { allowsPage, answerPreflight, type CorsOptions, corsHeaders, corsRulesFor } from './cors.ts';
import { asS3Error, type S3Error } from './error.ts';
import { MultipartUploads } from './multipart-uploads.ts';
import { ObjectFolder } from './object-folder.ts';
import { checkHeaders } from './object-headers.ts';
import { runOperation } from './operations.ts';
import { bucketOf, readCall } from './read-call.ts';
import type { Service } from './service.ts';
import { writePlainDocument } from './xml.ts';

export type { S3Event } from './change-events.ts';

interface S3Options extends CorsOptions {
  /** Shared with the other services; the tables of this one start with `s3_`. */
  readonly database: DatabaseSync;
  /** Objects are stored in `<directory>/<bucket>/…`. */
  readonly directory: string;
  /** Created if missing; a request for any other bucket gets NoSuchBucket. */
  readonly buckets: readonly string[];
  /** Those of the buckets that keep old versions. */
  readonly versionedBuckets: readonly string[];
  readonly authorize: Authorize;
  readonly principalOf: (accessKeyId: string | undefined) => Principal;
  /** Called inside the object's own transaction: what it writes is committed with the object or not at all. */
  readonly recordEvent: (event: S3Event) => void;
  /** Called after the commit. */
  readonly eventsRecorded: () => void;
}

/**
 * Creates the S3 service and recovers what its last run left unfinished. The caller has to make it listen.
 * @throws Error if a bucket that is not versioned has old versions.
 */
export function createS3Server(options: S3Options): FastifyInstance {
  const service = openService(options);
  const server = fastify({
    // All URLs become one route, so that fastify does not normalize keys as paths.
    rewriteUrl: () => '/',
  });
  // Before fastify checks the content type: S3 stores it, and accepts any value.
  server.addHook('onRequest', async (request, reply) => {
    await answerRequest(service, options, request, reply);
    return reply;
  });
  return server;
}

/** Whether the CorsConfiguration of the bucket lets a page send a request. */
export function bucketAllowsPage(options: CorsOptions, { method, url, host, origin }: PageRequest): boolean {
  return allowsPage(corsRulesFor(options, bucketOf(url, host), origin), origin, method);
}

/** An error document for a request that does not reach the service. */
export function writeRefusal(code: string, message: string): string {
  return writePlainDocument('Error', { Code: code, Message: message });
}

function openService(options: S3Options): Service {
  const { database, directory, authorize, principalOf } = options;
  const objects = new ObjectFolder(options);
  const uploads = new MultipartUploads(database, objects.staging);
  objects.recover(options.buckets, (file) => uploads.isPart(file));
  for (const bucket of options.buckets) mkdirSync(join(directory, bucket), { recursive: true });
  const buckets = saveBuckets(database, options.buckets);
  return { objects, uploads, buckets, authorize, principalOf };
}

function saveBuckets(database: DatabaseSync, names: readonly string[]): Map<string, number> {
  database.exec('CREATE TABLE IF NOT EXISTS s3_buckets (name TEXT PRIMARY KEY, made_ms INTEGER NOT NULL)');
  const save = database.prepare(
    'INSERT INTO s3_buckets VALUES (?, ?) ON CONFLICT DO UPDATE SET made_ms = made_ms RETURNING made_ms',
  );
  return new Map(
    names.map((name) => {
      const row = save.get(name, Date.now());
      if (row === undefined) throw new Error(`Expected a row for the bucket ${name} but received none`);
      return [name, integerColumn(row, 'made_ms')];
    }),
  );
}

async function answerRequest(
  service: Service,
  options: S3Options,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  const url = request.originalUrl;
  reply.header('x-amz-request-id', requestId);
  let answer: Answer;
  try {
    const call = readCall(request.raw, url, requestId, options.principalOf);
    const { method, headers } = call;
    const corsRules = corsRulesFor(options, call.bucket, headers.get('origin'));
    reply.headers(corsHeaders(method, headers, corsRules));
    if (method === 'OPTIONS') answer = answerPreflight(headers, corsRules);
    else {
      checkHeaders(headers);
      answer = await runOperation(service, call);
    }
  } catch (error) {
    // The client disconnected while it sent the body, so there is nobody to answer.
    if (request.raw.destroyed && !request.raw.complete) {
      reply.hijack();
      return;
    }
    // What is left of the body would keep the connection from its next request.
    request.raw.resume();
    answer = describeError(error, { resource: url.split('?')[0] ?? '/', requestId });
  }
  sendAnswer(answer, reply);
}

function sendAnswer(answer: Answer, reply: FastifyReply): void {
  reply.code(answer.status);
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value !== undefined) reply.header(name, value);
  }
  if (typeof answer.body !== 'string') {
    reply.send(answer.body);
    return;
  }
  reply.header('content-type', 'application/xml');
  // An answer to HEAD has no body.
  reply.send(reply.request.method === 'HEAD' ? undefined : answer.body);
}

function describeError(error: unknown, where: { resource: string; requestId: string }): Answer {
  const { status, code, message, details, headers } = readError(error);
  const fields = {
    Code: code,
    Message: message,
    ...details,
    Resource: where.resource,
    RequestId: where.requestId,
  };
  return { status, headers, body: writePlainDocument('Error', fields) };
}

function readError(error: unknown): Pick<S3Error, 'status' | 'code' | 'message' | 'details' | 'headers'> {
  const known = asS3Error(error);
  if (known) return known;
  // A defect of this service or a disk error. Reported in full, since whoever calls it owns this machine.
  console.error(`S3: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const message = error instanceof Error ? error.message : String(error);
  return { status: 500, code: 'InternalError', message, details: {}, headers: {} };
}

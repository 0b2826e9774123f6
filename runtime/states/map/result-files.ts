/**
 * ResultWriter: writes the results of a Map Run's children as `manifest.json` and one file for each status, under
 * `<Prefix>/<Map Run's id>/`. Until then, results are in temporary files, so that they need no memory.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
import { randomUUID } from 'node:crypto';
import type { ReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { StateError } from '../data/errors.ts';
import type { Json, JsonObject } from '../data/json.ts';

const STATUSES = ['SUCCEEDED', 'FAILED', 'PENDING'] as const;
type ResultStatus = (typeof STATUSES)[number];

interface Spool {
  readonly file: FileHandle;
  bytes: number;
}

/** Repeats a write as long as a disk is full. */
type Outlast = <T>(write: () => Promise<T>) => Promise<T>;

export interface Destination {
  readonly bucket: string;
  readonly prefix: string;
  readonly mapRunArn: string;
}

/** Takes results one by one, then writes them all to S3. */
export class ResultFiles {
  readonly #s3: S3Client;
  readonly #destination: Destination;
  readonly #outlast: Outlast;
  readonly #spools = new Map<ResultStatus, Promise<Spool>>();

  private constructor(s3: S3Client, destination: Destination, outlast: Outlast) {
    this.#s3 = s3;
    this.#destination = destination;
    this.#outlast = outlast;
  }

  /**
   * First writes a manifest without results, as AWS does: a missing permission fails the Map before any child runs.
   * @throws StateError States.ResultWriterFailed
   */
  static async open(s3: S3Client, destination: Destination, outlast: Outlast): Promise<ResultFiles> {
    const files = new ResultFiles(s3, destination, outlast);
    await files.#putManifest([]);
    return files;
  }

  async add(status: ResultStatus, entry: JsonObject): Promise<void> {
    const existing = this.#spools.get(status) ?? this.#openSpool();
    this.#spools.set(status, existing);
    const spool = await existing;
    await this.#append(spool, `${spool.bytes === 0 ? '[' : ','}${JSON.stringify(entry)}`);
  }

  /** Writes at the place that is the text's own, so that a repetition after a part of it was written does no harm. */
  async #append(spool: Spool, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const start = spool.bytes;
    spool.bytes += bytes.length;
    await this.#outlast(async () => {
      for (let done = 0; done < bytes.length; )
        done += (await spool.file.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
    });
  }

  /**
   * Uploads the files and the manifest that names them; resolves to the manifest's bucket and key, for the Map state's output.
   * @throws StateError States.ResultWriterFailed
   */
  async upload(): Promise<{ Bucket: string; Key: string }> {
    const written: { status: ResultStatus; key: string; bytes: number }[] = [];
    for (const [status, opening] of this.#spools) {
      const spool = await opening;
      await this.#append(spool, ']');
      const key = this.#key(`${status}_0.json`);
      const { file, bytes } = spool;
      await this.#put(key, () => file.createReadStream({ start: 0, autoClose: false }), bytes);
      written.push({ status, key, bytes });
    }
    return { Bucket: this.#destination.bucket, Key: await this.#putManifest(written) };
  }

  async discard(): Promise<void> {
    for (const opening of this.#spools.values()) await (await opening).file.close();
  }

  async #openSpool(): Promise<Spool> {
    const path = join(tmpdir(), `map-results-${randomUUID()}`);
    const file = await this.#outlast(() => open(path, 'wx+'));
    // The file exists as long as it is open: a killed process leaves none.
    await rm(path);
    return { file, bytes: 0 };
  }

  #key(name: string): string {
    const { prefix, mapRunArn } = this.#destination;
    const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    return `${folder}${mapRunArn.slice(mapRunArn.lastIndexOf(':') + 1)}/${name}`;
  }

  async #putManifest(
    written: readonly { status: ResultStatus; key: string; bytes: number }[],
  ): Promise<string> {
    const filesOf = (status: ResultStatus): Json =>
      written.filter((file) => file.status === status).map(({ key, bytes }) => ({ Key: key, Size: bytes }));
    const manifest = JSON.stringify({
      DestinationBucket: this.#destination.bucket,
      MapRunArn: this.#destination.mapRunArn,
      ResultFiles: {
        FAILED: filesOf('FAILED'),
        PENDING: filesOf('PENDING'),
        SUCCEEDED: filesOf('SUCCEEDED'),
      },
    });
    const key = this.#key('manifest.json');
    await this.#put(key, () => manifest, Buffer.byteLength(manifest));
    return key;
  }

  async #put(key: string, body: () => string | ReadStream, bytes: number): Promise<void> {
    const { bucket } = this.#destination;
    const about = { Bucket: bucket, Key: key, ContentLength: bytes, ContentType: 'application/json' };
    try {
      await this.#outlast(() => this.#s3.send(new PutObjectCommand({ ...about, Body: body() })));
    } catch (error) {
      throw new StateError(
        'States.ResultWriterFailed',
        `Failed to write s3://${bucket}/${key}. ${describeError(error)}`,
      );
    }
  }
}

/** An error's name and message. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

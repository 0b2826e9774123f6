import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import { explainAwsError, isAboutCaller } from '../operate/aws-error.ts';
import { explainFileError, type LocalFile } from './list-files.ts';

export interface UploadTarget {
  readonly client: S3Client;
  readonly originalImagesBucket: string;
  readonly resizedImagesBucket: string;
  /** How many files are on their way at once. */
  readonly atOnce: number;
  /** Leaves out files that are there with the same content, and whose outcome is known. */
  readonly skipsStored: boolean;
  /**
   * How the execution of an upload has ended, by the ID of its request to S3; `unseen` if nobody could tell that it has
   * succeeded. What nobody knows to have failed is waited for until the time is up.
   */
  readonly endOf: (requestId: string) => Promise<UploadEnd | 'running' | 'unseen'>;
}

/** Without a failure, the manifest says what became of the upload. */
export interface UploadEnd {
  readonly failure?: Failure;
}

export interface Rendition {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/** Why a file is not made: the name of an error or a few words, and more about it. */
export interface Failure {
  readonly reason: string;
  readonly message?: string;
}

/** What became of a file. */
export type Outcome = 'made' | 'unchanged' | 'refused' | 'not processed' | 'not uploaded';

export interface UploadedFile extends LocalFile, Partial<Failure> {
  readonly outcome: Outcome;
  readonly ms: number;
  readonly renditions: readonly Rendition[];
}

export interface UnfinishedFiles {
  /** No byte of them is stored. */
  readonly notBegun: readonly LocalFile[];
  /** They are stored, and nobody has waited for what becomes of them. */
  readonly notAwaited: readonly LocalFile[];
  /** Why the rest was not begun, if it was not the caller who stopped. */
  readonly reason?: string;
}

interface Manifest {
  readonly execution?: string;
  readonly status?: string;
  readonly source?: { readonly etag?: string };
  readonly renditions?: readonly Rendition[];
  readonly error?: { readonly name: string; readonly message: string };
}

/** Three attempts of the function with its timeout, and the waits between them. */
const MAX_WAIT_MS = 270_000;
const ATTEMPTS = 4;
/** Doubled before each attempt. */
const RETRY_PAUSE_MS = 250;
/** Between two looks for a manifest: the first ones are for a runtime on this machine. */
const PAUSES_MS = { first: 50, longest: 1000 } as const;

/**
 * Uploads files as any S3 client would, until `stopping` aborts, and reports each as soon as its manifest exists. A
 * file that cannot be read or stored is reported with its reason, and the others go on, unless every file would fail.
 */
export async function uploadFiles(
  files: readonly LocalFile[],
  target: UploadTarget,
  report: (file: UploadedFile) => void,
  stopping: AbortSignal,
): Promise<UnfinishedFiles> {
  const remaining = [...files];
  const aborted: LocalFile[] = [];
  const notAwaited: LocalFile[] = [];
  const failed = new AbortController();
  const signal = AbortSignal.any([stopping, failed.signal]);
  const work = async () => {
    for (let file = remaining.shift(); file; file = remaining.shift()) {
      const upload = new Upload(file, target, signal);
      try {
        report(await upload.run());
      } catch (error) {
        if (!signal.aborted && isAboutCaller(error)) failed.abort(explainAwsError(error));
        if (signal.aborted) (upload.isStored ? notAwaited : aborted).push(file);
        else report(upload.end(upload.isStored ? 'not processed' : 'not uploaded', [], reasonOf(error)));
      }
      if (signal.aborted) return;
    }
  };
  await Promise.all(Array.from({ length: target.atOnce }, work));
  return {
    notBegun: [...aborted, ...remaining],
    notAwaited,
    ...(failed.signal.aborted && { reason: String(failed.signal.reason) }),
  };
}

class Upload {
  isStored = false;
  readonly #file: LocalFile;
  readonly #target: UploadTarget;
  readonly #signal: AbortSignal;
  readonly #started = performance.now();

  constructor(file: LocalFile, target: UploadTarget, signal: AbortSignal) {
    this.#file = file;
    this.#target = target;
    this.#signal = signal;
  }

  /** @throws the error of the file system or of S3, or the reason of the signal. */
  async run(): Promise<UploadedFile> {
    const before = await this.#readManifest();
    if (this.#target.skipsStored && before?.source?.etag !== undefined)
      if (await this.#isThere(before.source.etag)) return this.#describe(before, 'unchanged');
    const stored = await this.#storeAgain();
    this.isStored = true;
    return this.#await(stored, before);
  }

  end(outcome: Outcome, renditions: readonly Rendition[], why: Partial<Failure> = {}): UploadedFile {
    return { ...this.#file, outcome, renditions, ms: Math.round(performance.now() - this.#started), ...why };
  }

  #describe({ status, renditions = [], error }: Manifest, outcome: Outcome): UploadedFile {
    return status === 'REJECTED'
      ? this.end('refused', [], { reason: error?.name ?? 'Error', message: error?.message ?? '' })
      : this.end(outcome, renditions);
  }

  /** The SDK repeats no request whose body is a stream. */
  async #storeAgain(): Promise<Stored> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#store();
      } catch (error) {
        if (attempt === ATTEMPTS || !isPassing(error)) throw error;
      }
      await sleep(RETRY_PAUSE_MS * 2 ** attempt, undefined, { signal: this.#signal });
    }
  }

  async #store(): Promise<Stored> {
    // Opened first: a stream that cannot be opened would emit its error before the SDK listens.
    await using file = await open(this.#file.path);
    const { size } = await file.stat();
    const { ETag, $metadata } = await this.#target.client.send(
      new PutObjectCommand({
        Bucket: this.#target.originalImagesBucket,
        Key: this.#file.key,
        Body: file.createReadStream({ autoClose: false }),
        ContentLength: size,
        // S3 keeps it, so that another upload of the same content can be left out whatever the encryption.
        ChecksumAlgorithm: 'SHA256',
      }),
      { abortSignal: this.#signal },
    );
    return { etag: withoutQuotes(ETag), requestId: $metadata.requestId ?? '' };
  }

  /** Whether the original with this ETag has the content of the file. The file is read only if their sizes are equal. */
  async #isThere(etag: string): Promise<boolean> {
    const { path, bytes, key } = this.#file;
    const stored = await this.#ask(() =>
      this.#target.client.send(
        new HeadObjectCommand({
          Bucket: this.#target.originalImagesBucket,
          Key: key,
          ChecksumMode: 'ENABLED',
        }),
        { abortSignal: this.#signal },
      ),
    );
    if (stored?.ContentLength !== bytes || withoutQuotes(stored.ETag) !== etag) return false;
    const md5 = createHash('md5');
    const sha256 = createHash('sha256');
    await using file = await open(path);
    for await (const piece of file.createReadStream({ autoClose: false, signal: this.#signal })) {
      md5.update(piece);
      sha256.update(piece);
    }
    // Without KMS, the ETag of what was stored in one piece is its MD5.
    return stored.ChecksumSHA256 === sha256.digest('base64') || etag === md5.digest('hex');
  }

  /**
   * The manifest is written last: once it names this upload's ETag, all renditions exist. That of an earlier upload of the
   * same content says nothing about this one, which does not write it again.
   * @param earlier the manifest before this upload.
   */
  async #await({ etag, requestId }: Stored, earlier: Manifest | undefined): Promise<UploadedFile> {
    const deadlineMs = Date.now() + MAX_WAIT_MS;
    for (
      let pause: number = PAUSES_MS.first;
      Date.now() < deadlineMs;
      pause = Math.min(pause * 1.2, PAUSES_MS.longest)
    ) {
      // Asked first: a manifest is written before its execution ends.
      const end = await this.#target.endOf(requestId);
      const manifest = await this.#readManifest();
      const failure = typeof end === 'object' ? end.failure : undefined;
      const isNew = earlier?.source?.etag !== etag || earlier.execution !== manifest?.execution;
      if (manifest?.source?.etag === etag && (isNew || (end !== 'running' && !failure)))
        return this.#describe(manifest, 'made');
      if (failure) return this.end('not processed', [], failure);
      if (typeof end === 'object')
        return this.end('not processed', [], { reason: await this.#reasonOf(etag) });
      await sleep(pause, undefined, { signal: this.#signal });
    }
    return this.end('not processed', [], {
      reason: `no manifest after ${MAX_WAIT_MS / 1000} s: see UnprocessedUploadsQueue`,
    });
  }

  /** Why an execution that has not failed left no manifest of the upload. */
  async #reasonOf(etag: string): Promise<string> {
    const { client, originalImagesBucket: Bucket } = this.#target;
    const original = await this.#ask(() =>
      client.send(new HeadObjectCommand({ Bucket, Key: this.#file.key }), { abortSignal: this.#signal }),
    );
    if (!original) return 'it was removed again';
    return withoutQuotes(original.ETag) === etag
      ? 'its execution has ended without a manifest'
      : 'another upload has replaced it';
  }

  async #readManifest(): Promise<Manifest | undefined> {
    const Key = `${this.#file.key.replace(/^input\//, 'output/')}/manifest.json`;
    const text = await this.#ask(async () => {
      const { Body } = await this.#target.client.send(
        new GetObjectCommand({ Bucket: this.#target.resizedImagesBucket, Key }),
        { abortSignal: this.#signal },
      );
      return Body?.transformToString();
    });
    return text === undefined ? undefined : parse(text);
  }

  /** What S3 answers; undefined if there is no such object. */
  async #ask<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Error && ['NoSuchKey', 'NotFound'].includes(error.name)) return undefined;
      throw error;
    }
  }
}

/** What is no manifest, whoever has put it there, says nothing of any upload, and the next manifest replaces it. */
function parse(text: string): Manifest | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

function withoutQuotes(etag = ''): string {
  return etag.replaceAll('"', '');
}

function reasonOf(error: unknown): Failure {
  if (!(error instanceof Error) || 'syscall' in error) return { reason: explainFileError(error) };
  return { reason: error.name, message: error.message.replace(/\s+/g, ' ') };
}

interface Stored {
  readonly etag: string;
  readonly requestId: string;
}

type SdkError = Parameters<typeof isTransientError>[0];

function isPassing(error: unknown): boolean {
  return isSdkError(error) && (isThrottlingError(error) || isTransientError(error));
}

function isSdkError(error: unknown): error is SdkError {
  return error instanceof Error;
}

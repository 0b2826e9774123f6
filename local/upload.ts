import { statSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

export interface UploadTarget {
  readonly client: S3Client;
  readonly originalImagesBucket: string;
  readonly resizedImagesBucket: string;
}

export interface ProcessedUpload {
  readonly key: string;
  readonly ms: number;
  readonly renditions: readonly {
    readonly key: string;
    readonly width: number;
    readonly height: number;
    readonly bytes: number;
  }[];
  readonly error?: { readonly name: string; readonly message: string };
}

export interface LocalFile {
  readonly path: string;
  readonly key: string;
}

/** Enough to keep every core busy while one file is still being read. */
const UPLOADS_AT_ONCE = 8;
/** Three attempts of the function with its timeout, and the waits between them. */
const MAX_WAIT_MS = 270_000;

/**
 * Lists the given files and the files in the given folders, each with the object key that it will get. Hidden files in
 * folders are left out.
 * @throws Error if there is no such file or folder.
 */
export async function listFiles(paths: readonly string[]): Promise<LocalFile[]> {
  const lists = await Promise.all(
    paths.map(async (path) => {
      if (!statSync(path).isDirectory()) return [{ path, key: `input/${basename(path)}` }];
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      return files
        .map((file) => ({
          path: file,
          key: `input/${join(basename(path), relative(path, file)).split(sep).join('/')}`,
        }))
        .filter(({ key }) => !/(^|\/)\./.test(key));
    }),
  );
  return lists.flat();
}

/**
 * Uploads files as any S3 client would, until `stopping` aborts, and reports each as soon as its manifest exists. A
 * file that cannot be read or stored is reported with its error, and the others go on.
 */
export async function uploadFiles(
  files: readonly LocalFile[],
  target: UploadTarget,
  report: (upload: ProcessedUpload) => void,
  stopping: AbortSignal,
): Promise<void> {
  const remaining = [...files];
  const work = async () => {
    for (let file = remaining.shift(); file; file = remaining.shift()) {
      const upload = await uploadFile(file, target).catch((error: unknown) => failedUpload(file.key, error));
      if (stopping.aborted) return;
      report(upload);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, work));
}

async function uploadFile({ path, key }: LocalFile, target: UploadTarget): Promise<ProcessedUpload> {
  const started = performance.now();
  // Opened first: a stream that cannot be opened would emit its error before the SDK listens.
  await using file = await open(path);
  const { size } = await file.stat();
  const { ETag } = await target.client.send(
    new PutObjectCommand({
      Bucket: target.originalImagesBucket,
      Key: key,
      Body: file.createReadStream(),
      ContentLength: size,
    }),
  );
  const manifest = await waitForManifest(key, ETag?.replaceAll('"', '') ?? '', target);
  return { key, ms: performance.now() - started, ...manifest };
}

function failedUpload(key: string, error: unknown): ProcessedUpload {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { key, ms: 0, renditions: [], error: { name, message } };
}

/** The manifest is written last: once it names this upload's ETag, all renditions exist. */
async function waitForManifest(
  key: string,
  etag: string,
  target: UploadTarget,
): Promise<Pick<ProcessedUpload, 'renditions' | 'error'>> {
  const Key = `${key.replace(/^input\//, 'output/')}/manifest.json`;
  for (const end = Date.now() + MAX_WAIT_MS; Date.now() < end; await sleep(50)) {
    try {
      const answer = await target.client.send(
        new GetObjectCommand({ Bucket: target.resizedImagesBucket, Key }),
      );
      const manifest = JSON.parse((await answer.Body?.transformToString()) ?? '{}');
      if (manifest.source?.etag === etag) return manifest;
    } catch (error) {
      if (!(error instanceof Error && error.name === 'NoSuchKey')) throw error;
    }
  }
  const message = `No manifest after ${MAX_WAIT_MS / 1000} seconds. See the messages of npm start, and UnprocessedUploadsQueue.`;
  return { renditions: [], error: { name: 'NotProcessedInTime', message } };
}

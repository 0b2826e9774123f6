// Does to a stack what a smoke test does, and says what was seen.

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Authorize } from '../authorize.ts';
import type { Execution, Manifest, Observations, Seen } from './observations.ts';
import { manifestKeyOf, type Patience, type SmokePlan } from './plan.ts';

export interface SmokeTarget {
  /** The output ProcessImageUrl. */
  readonly apiUrl: string;
  readonly originals: string;
  readonly resized: string;
  readonly s3: S3Client;
  readonly authorize: Authorize;
}

const IMAGE_FILE = new URL('../../local/sample/dandelion.jpg', import.meta.url);
const TEXT = 'This is a text, whatever its name says.';
/** Between two looks. */
const PAUSE_MS = 250;
/** What a late event still writes while everything is deleted is deleted in the next round. */
const CLEANING_ROUNDS = 4;

/**
 * Takes the steps one after the other, only both uploads at once. A step that fails ends none of the others, and at the
 * end everything that was written is deleted.
 * @param stopping ends the steps early, but not the deleting.
 */
export async function observe(
  plan: SmokePlan,
  target: SmokeTarget,
  patience: Patience,
  stopping: AbortSignal,
): Promise<Observations> {
  const { imageKey, textKey, manifestUrl } = plan;
  const poll = <T>(look: () => Promise<T | undefined>, seconds: number) => pollUntil(look, seconds, stopping);
  const upload = (key: string, body: string | Buffer) =>
    see(stopping, async (): Promise<Manifest | undefined> => {
      const etag = await put(target, key, body);
      return poll(() => readManifest(target, key, etag), patience.upload);
    });
  const [ofImage, ofText] = await Promise.all([
    upload(imageKey, await readFile(IMAGE_FILE)),
    upload(textKey, TEXT),
  ]);
  const request = await see(stopping, () => startAndWait(plan, target, patience.execution, poll));
  const delivery = manifestUrl
    ? await see(stopping, () => fetchFromCdn(manifestUrl, patience.delivery, poll))
    : undefined;
  const removal = await see(stopping, () => removeOriginals(plan, target, patience.removal, poll));
  const cleaning = await see(undefined, () => clean(plan, target));
  return { upload: ofImage, refusal: ofText, request, delivery, removal, cleaning };
}

type Poll = <T>(look: () => Promise<T | undefined>, seconds: number) => Promise<T | undefined>;

async function see<T>(
  stopping: AbortSignal | undefined,
  step: () => Promise<T | undefined>,
): Promise<Seen<T>> {
  const started = performance.now();
  try {
    stopping?.throwIfAborted();
    const found = await step();
    return { seconds: (performance.now() - started) / 1000, found };
  } catch (error) {
    return { error: error instanceof Error ? error.name : String(error) };
  }
}

/** @throws AbortError if it is stopped. */
async function pollUntil<T>(
  look: () => Promise<T | undefined>,
  seconds: number,
  stopping: AbortSignal,
): Promise<T | undefined> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(PAUSE_MS, undefined, { signal: stopping });
  }
  return undefined;
}

/** @returns the ETag, without quotes. */
async function put({ s3, originals }: SmokeTarget, Key: string, Body: string | Buffer): Promise<string> {
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: originals, Key, Body }));
  return ETag.replaceAll('"', '');
}

/** The manifest of this very upload; undefined if it is not there yet. */
async function readManifest(
  { s3, resized }: SmokeTarget,
  key: string,
  etag: string,
): Promise<Manifest | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: resized, Key: manifestKeyOf(key) }));
    const manifest: Manifest = JSON.parse((await Body?.transformToString()) ?? '{}');
    return manifest.source?.etag === etag ? manifest : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
    throw error;
  }
}

async function startAndWait(
  { request }: SmokePlan,
  { apiUrl, authorize }: SmokeTarget,
  seconds: number,
  poll: Poll,
): Promise<Execution> {
  const call = async (url: string, init: RequestInit): Promise<[number, Record<string, unknown>]> => {
    const answer = await fetch(url, await authorize(url, init));
    return [answer.status, Object(await answer.json().catch(() => ({})))];
  };
  const [httpStatus, started] = await call(apiUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  if (httpStatus !== 200)
    return { httpStatus, message: String(started.message ?? started.Message ?? ''), gets: 0 };
  const name = String(started.executionArn).replace(/^.*:/, '');
  let gets = 0;
  const ended = await poll(async () => {
    gets += 1;
    const [status, execution] = await call(`${apiUrl}/${name}`, {});
    // Right after its start, Step Functions may not know the execution yet.
    return status === 200 && execution.status !== 'RUNNING' ? execution : undefined;
  }, seconds);
  if (ended === undefined) return { httpStatus, status: 'RUNNING', gets };
  return { httpStatus, status: String(ended.status), error: String(ended.error ?? ''), gets };
}

async function fetchFromCdn(url: string, seconds: number, poll: Poll): Promise<{ status: number }> {
  let status = 0;
  await poll(async () => {
    const answer = await fetch(url);
    await answer.body?.cancel();
    status = answer.status;
    return answer.ok || undefined;
  }, seconds);
  return { status };
}

async function removeOriginals(
  { imageKey, textKey, outputPrefix, removesOutputs }: SmokePlan,
  { s3, originals, resized }: SmokeTarget,
  seconds: number,
  poll: Poll,
): Promise<{ isGone: boolean }> {
  for (const Key of [imageKey, textKey]) await s3.send(new DeleteObjectCommand({ Bucket: originals, Key }));
  if (!removesOutputs) return { isGone: false };
  const isGone = await poll(async () => {
    const { KeyCount } = await s3.send(
      new ListObjectsV2Command({ Bucket: resized, Prefix: outputPrefix, MaxKeys: 1 }),
    );
    return KeyCount === 0 || undefined;
  }, seconds);
  return { isGone: isGone === true };
}

/** Deletes all versions below both prefixes, the originals first: without them, nobody makes outputs again. */
async function clean(
  { inputPrefix, outputPrefix }: SmokePlan,
  { s3, originals, resized }: SmokeTarget,
): Promise<{ left: number }> {
  const places = [
    { Bucket: originals, Prefix: inputPrefix },
    { Bucket: resized, Prefix: outputPrefix },
  ];
  const list = () => Promise.all(places.map((place) => listVersions(s3, place)));
  let listed = await list();
  for (let round = 0; round < CLEANING_ROUNDS && listed.flat().length > 0; round += 1) {
    for (const [index, { Bucket }] of places.entries()) await deleteVersions(s3, Bucket, listed[index] ?? []);
    listed = await list();
  }
  return { left: listed.flat().length };
}

interface Version {
  readonly Key: string;
  readonly VersionId: string | undefined;
}

/** Each key's latest version last: an old version would otherwise become an original again, with an event. */
async function listVersions(s3: S3Client, place: { Bucket: string; Prefix: string }): Promise<Version[]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand(place));
  return [...Versions, ...DeleteMarkers]
    .toSorted((one, other) => Number(one.IsLatest ?? false) - Number(other.IsLatest ?? false))
    .map(({ Key = '', VersionId }) => ({ Key, VersionId }));
}

async function deleteVersions(s3: S3Client, Bucket: string, Objects: Version[]): Promise<void> {
  if (Objects.length > 0)
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
}

import type { Manifest } from '../calls/manifest.ts';

/** Where an upload is on its way. */
export type Progress =
  | { readonly name: 'waiting' }
  /** `share` is how much of the file was sent, from 0 to 1. */
  | { readonly name: 'sending'; readonly share: number }
  /** Stored; the pipeline makes its renditions. */
  | { readonly name: 'processing' }
  | { readonly name: 'made'; readonly manifest: Manifest }
  | { readonly name: 'refused'; readonly manifest: Manifest }
  /** Not stored, or not processed. */
  | { readonly name: 'failed'; readonly message: string; readonly isStored: boolean }
  /** Stored, and then replaced or removed by somebody. */
  | { readonly name: 'overtaken'; readonly message: string }
  | { readonly name: 'cancelled'; readonly message: string };

export interface Upload {
  readonly id: number;
  readonly key: string;
  readonly file: File;
  readonly progress: Progress;
  /** When its file began to be sent: its execution begins later. */
  readonly sinceMs: number;
  /** Of S3, once the file is stored. */
  readonly requestId?: string;
}

/** The clock of this machine may be ahead of that of AWS. */
const CLOCKS_DIFFER_MS = 60_000;

/** The earliest time that the stack may say its execution began. Milliseconds since 1970. */
export const earliestStart = ({ sinceMs }: Upload): number => sinceMs - CLOCKS_DIFFER_MS;

export const isUnderWay = ({ progress: { name } }: Upload): boolean =>
  name === 'waiting' || name === 'sending' || name === 'processing';

/** Not yet stored: lost if the page is left. */
export const isUnsent = ({ progress: { name } }: Upload): boolean => name === 'waiting' || name === 'sending';

export type Counts = Readonly<Record<Progress['name'], number>>;

export function countUploads(uploads: readonly Upload[]): Counts {
  const counts = {
    waiting: 0,
    sending: 0,
    processing: 0,
    made: 0,
    refused: 0,
    failed: 0,
    overtaken: 0,
    cancelled: 0,
  };
  for (const { progress } of uploads) counts[progress.name] += 1;
  return counts;
}

/**
 * The few uploads that a page has room for: all of them, newest first, or of many those that are under way and then
 * those that ended last.
 */
export function chooseShown(uploads: readonly Upload[], room: number): Upload[] {
  if (uploads.length <= room) return uploads.toReversed();
  const active = uploads.filter(({ progress: { name } }) => name === 'sending' || name === 'processing');
  const ended = uploads.filter((upload) => !isUnderWay(upload));
  const kept = Math.min(active.length, ended.length > 0 ? room - 1 : room);
  return [...active.slice(0, kept), ...ended.toReversed().slice(0, room - kept)];
}

import { JSONParser } from '@streamparser/json';
import type { ObjectStore } from './object-store.ts';
import type { CountRequest } from './request.ts';

/** What became of the images of a bulk run. */
export interface CountedRun {
  readonly images: RunCounts;
  /** Whether no more images are unprocessed than the run tolerates. */
  readonly isTolerated: boolean;
}

/** `wouldResize` takes the place of `resized` in a dry run. */
export interface RunCounts {
  readonly resized?: number;
  readonly wouldResize?: number;
  readonly unchanged: number;
  /** By the name of the error. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly unprocessed: number;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Adds up the results that a Distributed Map has written: one entry for each batch, in files that may be larger than the
 * memory.
 * Source: "ResultWriter (Map)", Step Functions Developer Guide.
 * @throws what ObjectStore.stream throws.
 */
export async function countImages(request: CountRequest, results: ObjectStore): Promise<CountedRun> {
  const tally = new Tally();
  for (const { key, isSuccess } of await readResultFiles(request.manifestKey, results))
    await readEach(results.stream(key), '$.*', (entry) =>
      isSuccess ? tally.addBatch(parse(entry.Output)) : tally.addUnprocessed(parse(entry.Input)),
    );
  return tally.end(request);
}

async function readResultFiles(manifestKey: string, results: ObjectStore) {
  const files: { readonly key: string; readonly isSuccess: boolean }[] = [];
  await readEach(results.stream(manifestKey), '$.ResultFiles', (byStatus) => {
    for (const [status, list] of Object.entries(byStatus))
      for (const file of listOf(list))
        files.push({ key: String(file.Key), isSuccess: status === 'SUCCEEDED' });
  });
  return files;
}

/** Parses JSON as it arrives, and forgets each value at the path after `take` has had it. */
async function readEach(
  pieces: AsyncIterable<Uint8Array>,
  path: string,
  take: (value: Fields) => void,
): Promise<void> {
  const parser = new JSONParser({ paths: [path], keepStack: false });
  parser.onValue = ({ value }) => {
    if (isFields(value)) take(value);
  };
  for await (const piece of pieces) parser.write(piece);
}

class Tally {
  #resized = 0;
  #unchanged = 0;
  #unprocessed = 0;
  readonly #rejected = new Map<string, number>();

  /** @param output of a batch's state machine: what the batch counted, and its images that were processed one by one. */
  addBatch(output: unknown): void {
    if (!isFields(output)) return;
    for (const part of [output.counted, ...listOf(output.alone)]) {
      if (!isFields(part)) continue;
      if (part.unprocessed !== undefined) this.#unprocessed += 1;
      this.#resized += Number(part.resized ?? 0);
      this.#unchanged += Number(part.unchanged ?? 0);
      for (const image of listOf(part.rejected)) {
        const name = isFields(image.error) ? String(image.error.name) : 'unknown';
        this.#rejected.set(name, (this.#rejected.get(name) ?? 0) + 1);
      }
    }
  }

  /** @param input of a batch that failed, or was never started. */
  addUnprocessed(input: unknown): void {
    this.#unprocessed += isFields(input) ? listOf(input.Items).length : 0;
  }

  end({ toleratedFailurePercentage, isDryRun }: CountRequest): CountedRun {
    const rejected = [...this.#rejected.values()].reduce((sum, count) => sum + count, 0);
    const images = this.#resized + this.#unchanged + rejected + this.#unprocessed;
    const allowed = (images * toleratedFailurePercentage) / 100;
    return {
      images: {
        ...(isDryRun ? { wouldResize: this.#resized } : { resized: this.#resized }),
        unchanged: this.#unchanged,
        rejected: Object.fromEntries(this.#rejected),
        unprocessed: this.#unprocessed,
      },
      isTolerated: this.#unprocessed <= allowed,
    };
  }
}

/** Inputs and outputs are JSON in a text. */
function parse(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : undefined;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

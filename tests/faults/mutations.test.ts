import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import sharp from 'sharp';
import { isImageFault } from '../../functions/image-resize/image/errors.ts';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import { detectFormat } from '../../functions/image-resize/image/reading/format.ts';
import type { SourceFacts } from '../../functions/image-resize/image/reading/inspect.ts';
import { planRenditions } from '../../functions/image-resize/image/rendering/plan.ts';
import type { Rendition } from '../../functions/image-resize/image/rendering/render.ts';
import type { RenditionRow } from '../../functions/image-resize/image/rows/rendition-row.ts';
import { ImageProcess } from '../../functions/image-resize/image-process.ts';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { watchChildMemory } from '../support/child-memory.ts';
import { useFunctionEnvironment } from '../support/function-environment.ts';
import { bundleImageWorker } from '../support/image-worker.ts';
import { paintUpright } from '../support/images.ts';
import { inParallel } from '../support/in-parallel.ts';
import { randomFrom } from '../support/random.ts';
import { mutate } from './mutate.ts';
import { makeSources, type Source } from './sources.ts';

/**
 * MUTATIONS=20000 SEED=7 npx mocha tests/faults/mutations.test.ts; MUTATION=123 makes the file of this number alone, and
 * FORMAT=tiff changes files of this format only.
 */
const MUTATIONS = Number(process.env.MUTATIONS ?? 500);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));
const { MUTATION, FORMAT } = process.env;

const LIMITS = DEFAULT_LIMITS;
/** The process is measured every 20 ms, and may grow between two measurements. */
const MOST_MEBIBYTES = 1.1 * LIMITS.maxImageMebibytes;
/** The default table, an animation, a source's own format and wide gamut. */
const ROWS: readonly RenditionRow[] = [
  ...RENDITIONS,
  { name: 'moving', width: 20, format: 'webp', animated: true },
  { name: 'square', width: 16, height: 16, fit: 'cover', format: 'source' },
  { name: 'wide', width: 24, format: 'webp', gamut: 'p3' },
];
const SETTINGS = { rows: ROWS, limits: LIMITS, acceptsHeic: true } as const;
/** As many as CI has cores. */
const PROCESSES = 2;
/** So often a good image is made between the damaged ones. */
const GOOD_IMAGE_EVERY = 10;

/** How the process dealt with one file. */
interface Outcome {
  readonly number: number;
  readonly seconds: number;
  /** `made`, or the name and the message of the error. */
  readonly name: string;
  readonly message: string;
  /** Missing if this is what must happen. */
  readonly problem?: string;
}

describe(`The image process, given ${MUTATIONS} damaged images`, () => {
  useFunctionEnvironment();
  const worker = join(bundleImageWorker(), 'image-worker.js');
  const memory = watchChildMemory(worker);
  let sources: readonly Source[];
  let goodImage: Buffer;
  let goodRenditions: string;
  before(async () => {
    sources = await makeSources(randomFrom(SEED), FORMAT);
    goodImage = await paintUpright(60, 40).ensureAlpha(0.5).png().toBuffer();
    goodRenditions = await makeGoodImage(new ImageProcess(worker));
    expect(goodRenditions.split('\n')).to.have.length(RENDITIONS.length);
  });
  after(() => memory.stop());

  it(`makes each or refuses it by name, within its limits, and makes the next good image (SEED=${SEED})`, async function () {
    this.timeout(120_000 + MUTATIONS * 100);
    const outcomes: Outcome[] = [];
    const failures: string[] = [];
    let largest = { mebibytes: 0, number: 0 };
    const numbers = MUTATION === undefined ? Array(MUTATIONS).keys() : [Number(MUTATION)].values();
    await inParallel(Array(PROCESSES).keys(), PROCESSES, async () => {
      const images = new ImageProcess(worker);
      for (const number of numbers) {
        const { bytes, description } = mutate(sources, randomFrom(crc32(`${SEED} ${number}`)));
        const outcome = await tryImage(images, number, bytes);
        outcomes.push(outcome);
        const problems = outcome.problem ? [outcome.problem] : [];
        if (number % GOOD_IMAGE_EVERY === 0 || outcome.name !== 'made')
          if ((await makeGoodImage(images)) !== goodRenditions)
            problems.push('the next good image is not as before');
        const mebibytes = memory.takePeak();
        if (mebibytes > largest.mebibytes) largest = { mebibytes, number };
        if (mebibytes > MOST_MEBIBYTES) problems.push(`it reached ${Math.round(mebibytes)} MiB`);
        if (problems.length > 0) failures.push(describeFailure(number, bytes, description, problems));
      }
    });
    report(outcomes, largest);
    expect(failures.slice(0, 10)).to.deep.equal([]);
  });

  async function tryImage(images: ImageProcess, number: number, bytes: Buffer): Promise<Outcome> {
    const renditions: Rendition[] = [];
    const startedMs = performance.now();
    const outcome = (name: string, message: string, problem: string | undefined): Outcome => {
      const seconds = (performance.now() - startedMs) / 1000;
      return { number, seconds, name, message, ...(problem && { problem }) };
    };
    try {
      const { facts } = await images.make(bytes, SETTINGS, async (rendition) => {
        renditions.push(rendition);
      });
      return outcome('made', '', await findProblem(facts, renditions));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return outcome(name, message, isImageFault(error) ? undefined : `it ended with ${name}: ${message}`);
    }
  }

  /** Compares renditions with the plan, and decodes each. */
  async function findProblem(
    facts: SourceFacts,
    renditions: readonly Rendition[],
  ): Promise<string | undefined> {
    const planned = planRenditions(facts, ROWS, LIMITS).cascades.flatMap(({ sizes }) =>
      sizes.flatMap((size) =>
        size.renditions.flatMap(({ names, encoding: { format }, width, height }) =>
          names.map((name) => `${name}: ${format}, ${width} × ${height}`),
        ),
      ),
    );
    const made: string[] = [];
    for (const { name, body } of renditions) {
      const image = sharp(body, { pages: -1, failOn: 'warning' });
      await image.raw().toBuffer();
      const { width, height, pageHeight = height } = await image.metadata();
      made.push(`${name}: ${detectFormat(body)}, ${width} × ${pageHeight}`);
    }
    const isAsPlanned = made.toSorted().join() === planned.toSorted().join();
    return isAsPlanned ? undefined : `expected ${planned.join('; ')} but it made ${made.join('; ')}`;
  }

  /** @returns the renditions' bytes, to compare, or the error. */
  async function makeGoodImage(images: ImageProcess): Promise<string> {
    const bodies: string[] = [];
    try {
      await images.make(goodImage, { rows: RENDITIONS, limits: LIMITS }, async ({ name, body }) => {
        bodies.push(`${name} ${Buffer.from(body).toString('base64')}`);
      });
    } catch (error) {
      return String(error);
    }
    return bodies.sort().join('\n');
  }

  function describeFailure(
    number: number,
    bytes: Buffer,
    description: string,
    problems: readonly string[],
  ): string {
    const file = join(tmpdir(), `damaged-image-${SEED}-${number}`);
    writeFileSync(file, bytes);
    return `SEED=${SEED} MUTATION=${number} (${description}), written to ${file}: ${problems.join('; ')}`;
  }

  function report(
    outcomes: readonly Outcome[],
    largest: { readonly mebibytes: number; readonly number: number },
  ): void {
    const counts = [...Map.groupBy(outcomes, ({ name }) => name)].map(
      ([name, all]) => `${name} ${all.length}`,
    );
    const slowest = outcomes.reduce((most, outcome) => (outcome.seconds > most.seconds ? outcome : most));
    // Typed, but a bug of libvips or of the function.
    const unusual = outcomes.filter(
      ({ name, message }) => name === 'RenderFailedError' || message.includes('ends the process'),
    );
    console.log(`SEED=${SEED}: ${outcomes.length} damaged images: ${counts.join(', ')}
at most ${Math.round(largest.mebibytes)} MiB (MUTATION=${largest.number}) and ${slowest.seconds.toFixed(1)} s (MUTATION=${slowest.number})
${unusual.map(({ number, name, message }) => `MUTATION=${number}: ${name}: ${message}\n`).join('')}`);
  }
});

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import type { RenditionRow } from '../../functions/image-resize/image/rows/rendition-row.ts';
import {
  createRecipe,
  formatSrcset,
  isUpToDate,
  type Manifest,
  parseManifest,
} from '../../functions/image-resize/manifest.ts';
import { manifestKey } from '../../functions/image-resize/outputs.ts';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { resizeImage } from '../../functions/image-resize/resize-image.ts';
import { paintUpright } from '../support/images.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';
import { mockS3 } from '../support/in-memory-s3.ts';

const docs = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

const MOVING: readonly RenditionRow[] = [
  { name: 'moving', width: 20, format: 'webp', animated: true },
  { name: 'square', width: 20, height: 20, fit: 'cover', format: 'jpeg' },
];

async function film(): Promise<Buffer> {
  const frames = [50, 200].map((shade) => Buffer.alloc(60 * 40 * 3, shade));
  const raw = { width: 60, height: 80, channels: 3 as const, pageHeight: 40 };
  return sharp(Buffer.concat(frames), { raw, pages: -1 }).gif().toBuffer();
}

describe('The manifest', () => {
  let s3: ReturnType<typeof mockS3>;
  beforeEach(() => {
    s3 = mockS3();
  });
  afterEach(() => s3.client.restore());

  const make = async (body: Buffer, rows = RENDITIONS, key = 'input/2026/cat.jpg'): Promise<Manifest> => {
    s3.objects.set(`originals/${key}`, body);
    await resizeImage(
      { key, force: false, followsFailure: false },
      { ...inMemoryPipeline(rows), removesWithOriginal: false },
    );
    const manifest = parseManifest(s3.objects.get(`resized/${manifestKey(key)}`)?.toString() ?? '');
    if (!manifest) throw new Error('Expected a manifest but none was written.');
    return manifest;
  };

  const validate = new Ajv2020({
    strict: true,
    allErrors: true,
    strictRequired: false,
    strictTypes: false,
  }).compile(JSON.parse(docs('manifest.schema.json')));
  const sources: Record<string, () => Promise<Manifest>> = {
    'a photograph': async () => make(await paintUpright(900, 600).jpeg().toBuffer()),
    'a drawing with alpha': async () => make(await paintUpright(900, 600).ensureAlpha(0.5).png().toBuffer()),
    'an animation': async () => make(await film(), MOVING),
    'a file that is rejected': () => make(Buffer.from('This is no image.')),
  };
  for (const [what, manifest] of Object.entries(sources))
    it(`The manifest of ${what} matches the published schema`, async () => {
      validate(await manifest());
      expect(validate.errors).to.equal(null);
    });

  it('The manifest tells the quality of each rendition, also if it was chosen for the image', async () => {
    const { renditions } = await make(await paintUpright(900, 600).jpeg().toBuffer());
    const { quality, format } = renditions.find(({ name }) => name === 'small') ?? {};
    expect(renditions.find(({ name }) => name === 'thumbnail')).to.have.property('quality', 80);
    expect([format, quality]).to.deep.equal(['avif', 42]);
  });

  it('A manifest of a rejected image is no longer up to date once HEIC is accepted, and that of a resized one is', async () => {
    const [without, accepting] = [false, true].map((acceptsHeic) =>
      createRecipe(RENDITIONS, DEFAULT_LIMITS, { acceptsHeic }),
    );
    const rejected = await make(Buffer.from('This is no image.'));
    const resized = await make(await paintUpright(60, 40).jpeg().toBuffer());
    for (const [manifest, expected] of [
      [rejected, false],
      [resized, true],
    ] as const) {
      expect(without && isUpToDate(manifest, manifest.source, without)).to.equal(true);
      expect(accepting && isUpToDate(manifest, manifest.source, accepting)).to.equal(expected);
    }
  });

  it('A manifest with a missing, wrong or unknown field does not match the published schema', async () => {
    const right = await sources['a photograph']?.();
    for (const wrong of [
      { ...right, status: 'REJECTED' },
      { ...right, renditions: [] },
      { ...right, placeholder: undefined },
      { ...right, source: { ...right?.source, width: undefined } },
      { ...right, renditions: right?.renditions.map(({ etag: _, ...rendition }) => rendition) },
      { ...right, srcset: { avif: 'small.avif' } },
      { ...right, more: true },
    ])
      expect(validate(JSON.parse(JSON.stringify(wrong)))).to.equal(false);
  });

  it('The manifest contains the frame count of each animated rendition and the ETag of every rendition', async () => {
    const { source, renditions } = await make(await film(), MOVING);
    expect(source).to.deep.include({ format: 'gif', width: 60, height: 40, frames: 2 });
    expect(renditions.map(({ name, frames }) => ({ name, frames }))).to.deep.equal([
      { name: 'moving', frames: 2 },
      { name: 'square', frames: undefined },
    ]);
    expect(new Set(renditions.map(({ etag }) => etag))).to.have.property('size', 2);
  });

  it('The manifest lists each width of uncropped renditions once in srcset, narrowest first, and animations only if there are no stills', () => {
    const rendition = { format: 'webp', bytes: 1, etag: 'e' };
    const at = (file: string, width: number, height: number, more = {}) => ({
      ...rendition,
      name: 'any',
      key: `output/a b.png/${file}`,
      url: `${file}?v=e`,
      width,
      height,
      ...more,
    });
    const srcset = formatSrcset(
      [
        at('large.webp', 300, 200),
        at('small.webp', 150, 100),
        at('medium.webp', 300, 200),
        at('square.webp', 100, 100),
        at('moving.webp', 60, 40, { frames: 2 }),
        at('moving.gif', 60, 40, { frames: 2, format: 'gif' }),
      ],
      { width: 3000, height: 2000 },
    );
    expect(srcset).to.deep.equal({
      webp: 'small.webp?v=e 150w, large.webp?v=e 300w',
      gif: 'moving.gif?v=e 60w',
    });
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type Manifest, toPicture } from 'image-pipeline-client';
import sharp from 'sharp';
import type { RenditionRow } from '../../../functions/image-resize/image/rows/rendition-row.ts';
import { RENDITIONS } from '../../../functions/image-resize/renditions.ts';
import { paintUpright } from '../../support/images.ts';
import { type MadeImage, makeImage } from '../../support/made-image.ts';

const base = 'https://images.example';

const MOVING: readonly RenditionRow[] = [
  ...RENDITIONS,
  { name: 'moving', width: 20, format: 'webp', animated: true },
];

async function film(): Promise<Buffer> {
  const frames = [50, 200].map((shade) => Buffer.alloc(60 * 40 * 3, shade));
  const raw = { width: 60, height: 80, channels: 3 as const, pageHeight: 40 };
  return sharp(Buffer.concat(frames), { raw, pages: -1 }).gif().toBuffer();
}

/** The URLs that a picture names. */
function urlsOf({ sources, img }: ReturnType<typeof toPicture>): string[] {
  const candidates = [...sources.map(({ srcset }) => srcset), img.srcset ?? '']
    .flatMap((srcset) => srcset.split(', '))
    .map((candidate) => candidate.split(' ')[0] ?? '')
    .filter((url) => url !== '');
  return [...candidates, img.src];
}

const keyOf = (url: string): string => `output${decodeURIComponent(new URL(url).pathname)}`;

describe('toPicture', () => {
  let photograph: MadeImage;
  before(async () => {
    photograph = await makeImage(await paintUpright(900, 600).jpeg().toBuffer());
  });

  it('A photograph is offered as AVIF in every width, and as JPEG to other browsers', () => {
    const { sources, img } = toPicture(photograph.manifest, { base });
    expect(sources).to.have.length(1);
    expect(sources[0]?.type).to.equal('image/avif');
    expect(sources[0]?.srcset).to.match(
      /^https:\/\/images\.example\/2026\/cat\.jpg\/small\.avif\S* 640w, \S+\/medium\.avif\S* 900w$/,
    );
    expect(img.srcset).to.match(/\/thumbnail\.jpg\S* 320w, \S+\/fallback\.jpg\S* 900w$/);
    expect(img.src).to.match(/\/2026\/cat\.jpg\/fallback\.jpg/);
  });

  it('A graphic is offered as WebP', async () => {
    const { manifest } = await makeImage(await paintUpright(900, 600).png().toBuffer());
    expect(toPicture(manifest, { base }).sources.map(({ type }) => type)).to.deep.equal(['image/webp']);
  });

  it('The image is lazy, has the size of the original, and its width decides which file is loaded', () => {
    const { sources, img } = toPicture(photograph.manifest, { base });
    expect(img).to.include({ loading: 'lazy', decoding: 'async', width: 900, height: 600 });
    expect([img.sizes, sources[0]?.sizes]).to.deep.equal(['auto, 100vw', 'auto, 100vw']);
  });

  it('The sizes of the page replace the default', () => {
    const { sources, img } = toPicture(photograph.manifest, { base, sizes: '50vw' });
    expect([img.sizes, sources[0]?.sizes]).to.deep.equal(['50vw', '50vw']);
  });

  it('Every URL of a picture names a file that exists, also for a key with odd characters and a base with a slash', async () => {
    const key = "input/2026/d'or & (1)+ü%,.jpg";
    const { manifest, files } = await makeImage(await paintUpright(900, 600).jpeg().toBuffer(), { key });
    const urls = urlsOf(toPicture(manifest, { base: `${base}/` }));
    expect(urls).to.have.length(5);
    for (const url of urls) expect([...files.keys()]).to.include(keyOf(url));
  });

  it('The placeholder is the colour and the blurred image of an opaque image', () => {
    const { placeholder } = toPicture(photograph.manifest, { base });
    expect(placeholder?.color).to.equal(photograph.manifest.placeholder?.dominantColor);
    expect(placeholder?.image).to.match(/^data:image\/png;base64,/);
  });

  it('A transparent image has no placeholder, because it would show through', async () => {
    const logo = paintUpright(900, 600).ensureAlpha(0.5).png();
    const { manifest } = await makeImage(await logo.toBuffer());
    expect(manifest.placeholder).not.to.equal(undefined);
    expect(toPicture(manifest, { base })).not.to.have.property('placeholder');
  });

  it('An animation is offered before the stills of better formats', async () => {
    const rows = MOVING.map(
      (row) => ({ ...row, ...('graphic' in row && { graphic: { format: 'avif' } }) }) as RenditionRow,
    );
    const { manifest } = await makeImage(await film(), { rows });
    const { sources, img } = toPicture(manifest, { base });
    expect(sources.map(({ type }) => type)).to.deep.equal(['image/webp', 'image/avif']);
    expect(sources[0]?.srcset).to.match(/\/moving\.webp/);
    expect(img.src).to.match(/\/fallback\.jpg/);
  });

  it('Without a rendition named fallback, the first one is the image for other browsers', () => {
    const renditions = photograph.manifest.renditions.filter(({ name }) => name !== 'fallback');
    const { img } = toPicture({ ...photograph.manifest, renditions }, { base });
    expect(img.src).to.match(/\/thumbnail\.jpg/);
  });

  it('A manifest that was written before renditions had URLs gives URLs without a version', () => {
    const renditions = photograph.manifest.renditions.map((rendition) => ({ ...rendition, url: undefined }));
    const { img } = toPicture(JSON.parse(JSON.stringify({ ...photograph.manifest, renditions })), { base });
    expect(img.src).to.equal(`${base}/2026/cat.jpg/fallback.jpg`);
  });

  it('A rejected manifest throws its error', async () => {
    const { manifest } = await makeImage(Buffer.from('This is no image.'));
    expect(() => toPicture(manifest, { base }))
      .to.throw(Error, manifest.error?.message)
      .with.property('name', 'UnsupportedImageError');
  });

  it('A manifest that the pipeline did not write gives nothing that could end an attribute, a URL or a rule of CSS', () => {
    const { manifest } = photograph;
    const [first, ...others] = manifest.renditions;
    const evil = 'a.jpg" onerror="alert(1)';
    for (const change of [
      { renditions: [{ ...first, url: evil }, ...others] },
      {
        renditions: [{ ...first, url: undefined, key: `output/${evil}` }, ...others],
        srcset: { jpeg: evil },
      },
      { srcset: { ...manifest.srcset, avif: `${evil} 640w` } },
      { srcset: { ...manifest.srcset, avif: 'small.avif 640w, https://evil.example/a.avif 900w' } },
      { placeholder: { ...manifest.placeholder, dominantColor: 'red" onload="alert(1)' } },
      { placeholder: { ...manifest.placeholder, dominantColor: 'url(https://evil.example)' } },
    ])
      expect(() => toPicture(JSON.parse(JSON.stringify({ ...manifest, ...change })), { base }))
        .to.throw()
        .with.property('name', 'NotAManifestError');

    const source = { ...manifest.source, width: '1" onload="alert(1)', height: '1' };
    const { img } = toPicture(JSON.parse(JSON.stringify({ ...manifest, source })), { base });
    expect([img.width, img.height]).to.deep.equal([Number.NaN, 1]);
  });

  it('A key with a segment that URL parsers remove throws', () => {
    for (const key of ['input/../cat.jpg', 'input/a/./cat.jpg']) {
      const manifest = { ...photograph.manifest, source: { ...photograph.manifest.source, key } };
      expect(() => toPicture(manifest, { base }))
        .to.throw()
        .with.property('name', 'UnreachableKeyError');
    }
  });

  it('Every URL of every key can be parsed, contains unreserved characters only, and decodes to the key', () => {
    const segment = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 20 })
      .filter((text) => !text.includes('/') && text !== '.' && text !== '..');
    const punctuated = fc.string({
      unit: fc.constantFrom(...` !"#$%&'()*+,;<=>?@[\\]^\`{|}~é`),
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(segment, punctuated), { minLength: 1, maxLength: 4 }), (segments) => {
        const name = segments.join('/');
        const manifest: Manifest = {
          ...photograph.manifest,
          source: { ...photograph.manifest.source, key: `input/${name}` },
        };
        for (const url of new Set(urlsOf(toPicture(manifest, { base })))) {
          expect(url.replace(/\?v=\w+$/, '')).to.match(/^https:\/\/images\.example\/[\w.~%/-]+$/);
          expect(decodeURIComponent(new URL(url).pathname)).to.match(/\/\w+\.\w+$/);
          expect(keyOf(url).replace(/\/\w+\.\w+$/, '')).to.equal(`output/${name}`);
        }
      }),
    );
  });
});

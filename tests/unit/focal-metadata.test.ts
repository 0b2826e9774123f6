import { expect } from 'chai';
import fc from 'fast-check';
import { formatFocalPoint, parseFocalPoint } from '../../functions/image-resize/focal-metadata.ts';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import { createRecipe, parseManifest } from '../../functions/image-resize/manifest.ts';
import { manifestKey } from '../../functions/image-resize/outputs.ts';
import { recordFailure, resizeImage } from '../../functions/image-resize/resize-image.ts';
import { paintUpright } from '../support/images.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';
import { mockS3 } from '../support/in-memory-s3.ts';

describe('The metadata focal-point', () => {
  for (const [text, x, y] of [
    ['0.3,0.7', 0.3, 0.7],
    [' .3 , 1.0 ', 0.3, 1],
    ['0,1', 0, 1],
  ] as const)
    it(`The metadata focal-point "${text}" is a point`, () => {
      expect(parseFocalPoint(text)).to.deep.equal({ x, y });
    });

  for (const text of [
    '',
    ',',
    '0.3',
    '0.3,',
    '0.3;0.7',
    '0.3,0.7,1',
    '-0.1,0.5',
    '0.5,1.01',
    '30%,70%',
    '1e-1,0',
    'NaN,0',
    '0,0x1',
  ])
    it(`The metadata focal-point "${text}" is no point`, () => {
      expect(parseFocalPoint(text)).to.equal(undefined);
    });

  it('The metadata focal-point that an upload link writes is read again as the same pixel of 10,000', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, (x, y) => {
        const read = parseFocalPoint(formatFocalPoint({ x, y }));
        expect(read?.x).to.be.closeTo(x, 0.00005001);
        expect(read?.y).to.be.closeTo(y, 0.00005001);
      }),
    );
  });
});

describe('Resizing an image with a focal point', () => {
  const KEY = 'input/cat.jpg';
  const FOLLOWING = [
    { name: 'square', width: 16, height: 16, fit: 'cover', position: 'focal', format: 'png' },
  ] as const;
  const OTHER = [{ ...FOLLOWING[0], position: 'centre' }] as const;
  let s3: ReturnType<typeof mockS3>;
  let etag: string;

  async function run(
    rows: Parameters<typeof inMemoryPipeline>[0] = FOLLOWING,
    more: { isDryRun?: boolean } = {},
  ) {
    s3.calls.length = 0;
    const request = { key: KEY, etag, force: false, followsFailure: false, ...more };
    return resizeImage(request, inMemoryPipeline(rows));
  }
  const manifest = () => parseManifest(String(s3.objects.get(`resized/${manifestKey(KEY)}`)));
  /** Copies the original onto itself with this metadata. */
  const describeAs = (text: string) => s3.metadata.set(`originals/${KEY}`, { 'focal-point': text });
  async function upload(body: Buffer): Promise<void> {
    s3.objects.set(`originals/${KEY}`, body);
    etag = (await inMemoryPipeline(FOLLOWING).originals.findEtag(KEY)) ?? '';
  }

  beforeEach(async () => {
    s3 = mockS3();
    await upload(await paintUpright(64, 16).jpeg().toBuffer());
  });
  afterEach(() => s3.client.restore());

  it('The manifest names the focal point that the renditions follow', async () => {
    describeAs('0.3,0.7');
    expect(await run()).to.have.property('status', 'RESIZED');
    expect(manifest()?.source.focalPoint).to.deep.equal({ x: 0.3, y: 0.7 });
    expect(await run()).to.have.property('status', 'UNCHANGED');
  });

  it('A copy onto itself with another focal point has the image made again, although the ETag is the same', async () => {
    describeAs('0,0');
    const [first] = (await run()).renditions;
    describeAs('1,0');
    expect(await run(FOLLOWING, { isDryRun: true })).to.have.property('status', 'WOULD_RESIZE');
    const again = await run();
    expect(again).to.have.property('status', 'RESIZED');
    expect(again.source.etag).to.equal(etag);
    expect(again.renditions[0]?.etag).not.to.equal(first?.etag);
    s3.metadata.clear();
    expect(await run()).to.have.property('status', 'RESIZED');
    expect(manifest()?.source).not.to.have.property('focalPoint');
  });

  it('A recipe without the position focal neither asks for the metadata nor records it', async () => {
    describeAs('0.3,0.7');
    await run(OTHER);
    expect(manifest()?.source).not.to.have.property('focalPoint');
    describeAs('0.5,0.5');
    expect(await run(OTHER)).to.have.property('status', 'UNCHANGED');
    expect(s3.calls.filter((call) => call.includes('originals/'))).to.deep.equal([]);
  });

  it('A run that finds the image of a recipe with the position focal up to date sends one HEAD more', async () => {
    await run();
    await run();
    expect(s3.calls.filter((call) => call.includes('originals/'))).to.deep.equal([`HEAD originals/${KEY}`]);
  });

  it('A focal point that is no point is ignored, and told with the result', async () => {
    describeAs(`left ${'x'.repeat(74)}🐈 and more`);
    const { status, work } = await run();
    expect(status).to.equal('RESIZED');
    expect(work?.ignoredFocalPoint).to.equal(`left ${'x'.repeat(74)}\ufffd`);
    expect(manifest()?.source).not.to.have.property('focalPoint');
    describeAs('0.3,0.7');
    expect((await run()).work).not.to.have.property('ignoredFocalPoint');
  });

  it('A rejected image is not tried again because of another focal point', async () => {
    await upload(Buffer.from('This is no image.'));
    await run();
    describeAs('0.3,0.7');
    await run();
    expect(s3.calls.filter((call) => call.startsWith('PUT'))).to.deep.equal([]);
    const request = { key: KEY, etag, force: false, followsFailure: true };
    await recordFailure(request, { name: 'Lambda.Unknown', cause: '' }, inMemoryPipeline(FOLLOWING));
    await run();
    expect(s3.calls.filter((call) => call.startsWith('PUT'))).to.deep.equal([]);
  });

  it('The position focal is the only thing in a table that makes its recipe follow focal points', () => {
    expect(createRecipe(FOLLOWING, DEFAULT_LIMITS).followsFocalPoint).to.equal(true);
    expect(createRecipe(OTHER, DEFAULT_LIMITS).followsFocalPoint).to.equal(false);
  });
});

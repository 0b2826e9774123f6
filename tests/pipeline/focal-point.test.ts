import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { colourAt, paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';

const RECIPE = `
  'input/': RENDITIONS,
  'input/uploads/': [
    { name: 'square', width: 40, height: 40, fit: 'cover', position: 'focal', format: 'png' },
  ],
`;
const [RED, BLUE] = [
  [255, 0, 0],
  [0, 0, 255],
];

describeLocally('An image with a focal point', 'it changes the function', () => {
  let pipeline: PipelineUnderTest;
  let key: string;

  before(async () => {
    const checkout = copyCheckout({
      'functions/image-resize/renditions.ts': (text) => text.replace("'input/': RENDITIONS,", RECIPE),
    });
    pipeline = await startPipeline({ checkout });
  });
  after(() => pipeline.stop());

  /** Waits until the manifest names the point. @returns the colour in the middle of the square. */
  async function colourAround(focalPoint: { x: number; y: number }): Promise<readonly number[]> {
    await until(async () => {
      const found = (await pipeline.manifest(key))?.source.focalPoint;
      return JSON.stringify(found) === JSON.stringify(focalPoint);
    }, `a manifest of ${key} with its focal point`);
    const square = await pipeline.resized(`${key.replace('input/', 'output/')}/square.png`);
    return colourAt(square ?? Buffer.of(), 0.9, 0.5);
  }

  it('The focal point that the request for an upload link names is kept by the crop', async () => {
    const picture = await paintUpright(80, 320).png().toBuffer();
    const answer = await pipeline.call('/uploads', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'cat.png',
        contentType: 'image/png',
        bytes: picture.length,
        focalPoint: { x: 0.5, y: 0.9 },
      }),
    });
    const link: { key: string; url: string; fields: Record<string, string> } = JSON.parse(
      await answer.text(),
    );
    key = link.key;
    const form = new FormData();
    for (const [name, value] of Object.entries(link.fields)) form.append(name, value);
    form.append('file', new Blob([new Uint8Array(picture)]));
    expect((await fetch(link.url, { method: 'POST', body: form })).status).to.equal(204);
    expect(await colourAround({ x: 0.5, y: 0.9 })).to.deep.equal(BLUE);
  });

  it('A copy of the original onto itself with another focal point has the image made again', async () => {
    const before = await pipeline.manifest(key);
    const Bucket = pipeline.addresses.originalImagesBucket;
    await pipeline.s3.send(
      new CopyObjectCommand({
        Bucket,
        Key: key,
        CopySource: `${Bucket}/${key}`,
        MetadataDirective: 'REPLACE',
        Metadata: { 'focal-point': '0.5,0.1' },
        ContentType: 'image/png',
      }),
    );
    expect(await colourAround({ x: 0.5, y: 0.1 })).to.deep.equal(RED);
    expect((await pipeline.manifest(key))?.source.etag).to.equal(before?.source.etag);
  });

  it('A bulk run finds an image with a focal point up to date', async () => {
    const counts = pipeline.runCounts(await pipeline.process({}));
    expect(counts).to.include({ resized: 0, unchanged: 1 });
  });
});

import { expect } from 'chai';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { PICTURE, tiledHeic } from '../unit/image/heic/heic-pictures.ts';

const KEY = 'input/IMG_0001.HEIC';

async function askForLink(pipeline: PipelineUnderTest): Promise<{ status: number; body: string }> {
  const response = await pipeline.call('/uploads', {
    method: 'POST',
    body: JSON.stringify({ name: 'IMG_0001.HEIC', contentType: 'image/heic', bytes: 1000 }),
    headers: { 'content-type': 'application/json' },
  });
  return { status: response.status, body: await response.text() };
}

describeLocally('A HEIC with AcceptHeic=true', 'a stack accepts it only with AcceptHeic=true', () => {
  let pipeline: PipelineUnderTest;
  before(async () => {
    pipeline = await startPipeline();
  });
  after(() => pipeline.stop());

  it('An upload of a HEIC becomes renditions and a manifest', async () => {
    const { status, source, renditions } = await pipeline.uploadAndWait(KEY, tiledHeic());
    expect(status).to.equal('RESIZED');
    expect(source).to.deep.include({ format: 'heic', ...PICTURE, hasAlpha: false });
    expect(renditions.map(({ name }) => name)).to.include.members(['thumbnail', 'large']);
  });

  it('POST /uploads gives a link for a HEIC', async () => {
    expect(await askForLink(pipeline)).to.have.property('status', 200);
  });
});

describeLocally('A HEIC with AcceptHeic=false', 'it needs a stack of its own', () => {
  let pipeline: PipelineUnderTest;
  before(async () => {
    pipeline = await startPipeline({ words: ['--parameter-overrides', 'AcceptHeic=false'] });
  });
  after(() => pipeline.stop());

  it('An upload of a HEIC is rejected on record, and the reason says how to change that', async () => {
    const { status, error, renditions } = await pipeline.uploadAndWait(KEY, tiledHeic());
    expect({ status, renditions }).to.deep.equal({ status: 'REJECTED', renditions: [] });
    expect(error?.name).to.equal('UnsupportedImageError');
    expect(error?.message).to.match(/received HEIC\. Deploy with AcceptHeic=true, or convert/);
  });

  it('POST /uploads gives no link for a HEIC', async () => {
    const { status, body } = await askForLink(pipeline);
    expect(status).to.equal(400);
    expect(body).to.match(/expected one of .* but received \\"image\/heic\\"/);
  });
});

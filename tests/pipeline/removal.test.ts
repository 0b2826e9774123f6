import { expect } from 'chai';
import { paintUpright } from '../unit/image/images.ts';
import { type PipelineUnderTest, startPipeline, until } from './pipeline.ts';

const image = await paintUpright(64, 48).jpeg().toBuffer();

describe('Removing an original', () => {
  let pipeline: PipelineUnderTest;
  afterEach(() => pipeline.stop());

  it('removes its renditions and its manifest, and those of no other', async () => {
    pipeline = await startPipeline();
    await pipeline.uploadAndWait('input/cat.jpg', image);
    const kept = await pipeline.uploadAndWait('input/cat.jpg/kitten.jpg', image);
    await pipeline.remove('input/cat.jpg');
    await until(async () => ((await pipeline.manifest('input/cat.jpg')) ? undefined : true), 'the removal');
    const outputs = await until(async () => {
      const found = await pipeline.outputs();
      return found.includes('output/cat.jpg/thumbnail.jpg') ? undefined : found;
    }, 'the removal of the renditions');
    expect(outputs).to.have.members([
      ...kept.renditions.map(({ key }) => key),
      'output/cat.jpg/kitten.jpg/manifest.json',
    ]);
  });

  it('leaves them where the stack says so', async () => {
    pipeline = await startPipeline({ words: ['--parameter-overrides', 'RemoveWithOriginal=false'] });
    await pipeline.uploadAndWait('input/cat.jpg', image);
    const before = await pipeline.outputs();
    await pipeline.remove('input/cat.jpg');
    await pipeline.uploadAndWait('input/later.jpg', image);
    expect(await pipeline.outputs('output/cat.jpg/')).to.deep.equal(before);
  });
});

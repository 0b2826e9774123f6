import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { startPipeline, type TargetPipeline, until } from '../support/pipeline.ts';
import { describeLocally, startTarget } from '../support/target.ts';

const image = await paintUpright(64, 48).jpeg().toBuffer();

describe('Removing an original', () => {
  let pipeline: TargetPipeline;
  before(async () => {
    pipeline = await startTarget();
  });
  after(() => pipeline.stop());

  it('Removing an original removes its renditions and its manifest, and keeps those of other originals', async () => {
    await pipeline.uploadAndWait('input/cat.jpg', image);
    const kept = await pipeline.uploadAndWait('input/cat.jpg/kitten.jpg', image);
    await pipeline.remove('input/cat.jpg');
    await until(async () => (await pipeline.manifest('input/cat.jpg')) === undefined, 'the removal');
    const outputs = await until(async () => {
      const found = await pipeline.outputs();
      return !found.includes('output/cat.jpg/thumbnail.jpg') && found;
    }, 'the removal of the renditions');
    expect(outputs).to.have.members([
      ...kept.renditions.map(({ key }) => key),
      'output/cat.jpg/kitten.jpg/manifest.json',
    ]);
  });
});

describeLocally('Removing an original with RemoveWithOriginal=false', 'it needs a stack of its own', () => {
  let pipeline: TargetPipeline;
  before(async () => {
    pipeline = await startPipeline({ words: ['--parameter-overrides', 'RemoveWithOriginal=false'] });
  });
  after(() => pipeline.stop());

  it('Removing an original with RemoveWithOriginal=false keeps its renditions and its manifest', async () => {
    await pipeline.uploadAndWait('input/cat.jpg', image);
    const before = await pipeline.outputs();
    await pipeline.remove('input/cat.jpg');
    // Gives a removal, which must not happen, the time of a whole upload.
    await pipeline.uploadAndWait('input/later.jpg', image);
    expect(await pipeline.outputs('output/cat.jpg/')).to.deep.equal(before);
  });
});

import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';

describeLocally("An image that ends the function's process", 'it changes the function', () => {
  let pipeline: PipelineUnderTest;
  const good = Array.from({ length: 19 }, (_, index) => `input/batch/image-${index}.jpg`);
  const poison = 'input/batch/poison.jpg';

  before(async () => {
    const checkout = copyCheckout({
      // Ends the process as a crash in libvips would, if it happened outside of the image process.
      'functions/image-resize/handler.ts': (text) =>
        text.replace(
          'deliver) => images.make(',
          "deliver) => source.includes('poison') ? process.exit(1) : images.make(",
        ),
    });
    pipeline = await startPipeline({ checkout, words: ['--parameter-overrides', 'ImagesPerBatch=20'] });
    const image = await paintUpright(64, 48).jpeg().toBuffer();
    await Promise.all(good.map((key) => pipeline.uploadAndWait(key, image)));
  });
  after(() => pipeline.stop());

  it('An upload that ends the process at each attempt is recorded as rejected, and not sent to the queue', async () => {
    const manifest = await pipeline.uploadAndWait(poison, 'poison');
    expect(manifest).to.include({ status: 'REJECTED' });
    expect(manifest.error?.name).to.equal('FunctionEndedError');
    expect(manifest.error?.message).to.include('Runtime.ExitError');
    expect(await pipeline.unprocessed()).to.deep.equal([]);
  });

  it('A bulk run with force resizes the other 19 images of a batch, and counts the image that ends the process as rejected', async () => {
    for (const key of good) await pipeline.loseManifest(key);
    const execution = await pipeline.process({ prefix: 'input/batch/', force: true });
    expect(execution.status).to.equal('SUCCEEDED');
    for (const key of good) expect(await pipeline.manifest(key)).to.have.property('status', 'RESIZED');
    expect(pipeline.runCounts(execution)).to.deep.equal({
      resized: 19,
      unchanged: 0,
      rejected: { FunctionEndedError: 1 },
      unprocessed: 0,
    });
  });

  it('A later bulk run does not try an image again that ended the process', async () => {
    const execution = await pipeline.process({ prefix: 'input/batch/' });
    expect(await pipeline.batchResults(execution)).to.have.nested.property('[0].alone').that.is.empty;
    expect(pipeline.runCounts(execution)).to.deep.include({
      unchanged: 19,
      rejected: { FunctionEndedError: 1 },
    });
  });
});

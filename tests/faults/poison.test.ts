import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';

describeLocally("An image that ends the function's process", 'it changes the function', () => {
  let pipeline: PipelineUnderTest;
  const good = Array.from({ length: 7 }, (_, index) => `input/batch/image-${index}.jpg`);
  const poison = 'input/batch/poison.jpg';

  before(async () => {
    const checkout = copyCheckout({
      // Ends the process as a crash in libvips would, if it happened outside of the image process.
      'functions/image-resize/handler.ts': (text) =>
        text.replace(
          '=> images.make(source, settings, deliver),',
          `=> {
            if (source.includes('poison')) process.exit(1);
            if (source.includes('refused')) throw Object.assign(new Error('no'), { name: 'AccessDenied' });
            return images.make(source, settings, deliver);
          },`,
        ),
    });
    pipeline = await startPipeline({ checkout, words: ['--parameter-overrides', 'ImagesPerBatch=8'] });
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

  it('A bulk run with force resizes the other 7 images of a batch, and counts the image that ends the process as rejected', async () => {
    for (const key of good) await pipeline.loseManifest(key);
    const execution = await pipeline.process({ prefix: 'input/batch/', force: true });
    expect(execution.status).to.equal('SUCCEEDED');
    for (const key of good) expect(await pipeline.manifest(key)).to.have.property('status', 'RESIZED');
    expect(pipeline.runCounts(execution)).to.deep.equal({
      resized: 7,
      unchanged: 0,
      rejected: { FunctionEndedError: 1 },
      unprocessed: 0,
    });
  });

  it('A later bulk run does not retry an image that ended the process', async () => {
    const execution = await pipeline.process({ prefix: 'input/batch/' });
    expect(await pipeline.batchResults(execution)).to.have.nested.property('[0].alone').that.is.empty;
    expect(pipeline.runCounts(execution)).to.deep.include({
      unchanged: 7,
      rejected: { FunctionEndedError: 1 },
    });
  });

  it('A bulk run fails with its counts if more images are unprocessed than it tolerates; a dry run leaves no message', async () => {
    const key = 'input/refused/image.jpg';
    await pipeline.upload(key, 'refused');
    await until(async () => (await pipeline.takeUnprocessed()).length > 0, 'the message of the upload');
    const dry = await pipeline.process({ prefix: 'input/refused/', dryRun: true });
    expect(pipeline.runCounts(dry)).to.deep.include({ wouldResize: 1, unprocessed: 0 });
    expect(await pipeline.takeUnprocessed()).to.deep.equal([]);
    const execution = await pipeline.process({ prefix: 'input/refused/' });
    expect(execution).to.include({ status: 'FAILED', error: 'TooManyImagesUnprocessed' });
    expect(JSON.parse(execution.cause ?? '{}')).to.deep.equal({
      resized: 0,
      unchanged: 0,
      rejected: {},
      unprocessed: 1,
    });
    const [message] = await pipeline.takeUnprocessed();
    expect(message).to.have.nested.property('detail.object.key', key);
  });
});

import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';

describeLocally('A batch of 6 images that never end and 4 good ones', 'it changes the function', () => {
  let pipeline: PipelineUnderTest;
  const hanging = Array.from({ length: 6 }, (_, index) => `input/batch/hanging-${index}.jpg`);
  const good = Array.from({ length: 4 }, (_, index) => `input/batch/image-${index}.jpg`);

  before(async () => {
    const checkout = copyCheckout({
      // Three seconds for an image, which the good ones do not need on a machine in use, and time for one that never ends in
      // each invocation.
      'template.yaml': (text) =>
        text
          .replace('      Timeout: 60\n', '      Timeout: 15\n')
          .replace(
            '          REMOVE_WITH_ORIGINAL:',
            "          MAX_IMAGE_SECONDS: '3'\n          REMOVE_WITH_ORIGINAL:",
          ),
      'functions/image-resize/image-worker.ts': (text) =>
        text.replace(
          '    const made = await',
          `    if (bytes.includes('hang')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    const made = await`,
        ),
    });
    pipeline = await startPipeline({ checkout, words: ['--parameter-overrides', 'ImagesPerBatch=10'] });
    const image = await paintUpright(64, 48).jpeg().toBuffer();
    await Promise.all(good.map((key) => pipeline.uploadAndWait(key, image)));
    await Promise.all(hanging.map((key) => pipeline.upload(key, 'hang')));
    const recorded = async (key: string) => (await pipeline.manifest(key))?.status === 'REJECTED';
    await until(
      async () => (await Promise.all(hanging.map(recorded))).every(Boolean),
      'the manifest of each hanging image',
    );
  });
  after(() => pipeline.stop());

  it('A bulk run over 6 images that never end and 4 good ones resizes the good ones and records the others as rejected', async () => {
    for (const key of good) await pipeline.loseManifest(key);
    const execution = await pipeline.process({ prefix: 'input/batch/', force: true });
    expect(execution.status).to.equal('SUCCEEDED');
    expect(pipeline.runCounts(execution)).to.deep.equal({
      resized: 4,
      unchanged: 0,
      rejected: { ImageTooLargeError: 6 },
      unprocessed: 0,
    });
    for (const key of good) expect(await pipeline.manifest(key)).to.have.property('status', 'RESIZED');
    for (const key of hanging)
      expect(await pipeline.manifest(key)).to.have.nested.property('error.name', 'ImageTooLargeError');
    expect(await pipeline.unprocessed()).to.deep.equal([]);
  });

  it('A second bulk run over images that never end renders nothing', async () => {
    const execution = await pipeline.process({ prefix: 'input/batch/' });
    expect(pipeline.runCounts(execution)).to.deep.include({ resized: 0, unchanged: 4 });
  });
});

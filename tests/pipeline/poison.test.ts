import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';

describeLocally("An image that ends the function's process", 'it changes the function', () => {
  let pipeline: PipelineUnderTest;
  const good = Array.from({ length: 19 }, (_, index) => `input/batch/image-${index}.jpg`);
  const poison = 'input/batch/poison.jpg';

  before(async () => {
    const checkout = copyCheckout({
      'template.yaml': (text) =>
        text.replace('functions/image-resize/handler.ts', 'tests/pipeline/poison/handler.ts'),
    });
    pipeline = await startPipeline({ checkout, words: ['--parameter-overrides', 'ImagesPerBatch=20'] });
    const image = await paintUpright(64, 48).jpeg().toBuffer();
    await Promise.all(good.map((key) => pipeline.uploadAndWait(key, image)));
    for (const key of good) await pipeline.loseManifest(key);
  });
  after(() => pipeline.stop());

  it('fails alone in a batch of 20: the bulk run resizes the other 19 and lists it as unprocessed', async () => {
    await pipeline.upload(poison, 'poison');
    const execution = await pipeline.process({ prefix: 'input/batch/' });
    expect(execution.status).to.equal('SUCCEEDED');
    for (const key of good) expect(await pipeline.manifest(key)).to.have.property('status', 'RESIZED');
    const [{ alone = [] } = {}] = await pipeline.batchResults(execution);
    const unprocessed = alone.flatMap((result) => result.unprocessed ?? []);
    expect(unprocessed.map(({ key, error }) => [key, error.Error])).to.deep.equal([
      [poison, 'Runtime.ExitError'],
    ]);
    expect(alone.filter(({ resized }) => resized === 1)).to.have.length(19);
  });

  it('is sent to UnprocessedUploadsQueue after its upload and after the bulk run, as an event that can be redriven', async () => {
    const messages: Record<string, unknown>[] = [];
    await until(async () => {
      messages.push(...(await pipeline.unprocessed()));
      return messages.length >= 2;
    }, 'both messages');
    for (const message of messages) {
      expect(message).to.have.property('detail-type', 'Object Created');
      expect(message).to.have.nested.property('detail.object.key', poison);
      expect(message).to.have.nested.property('detail.bucket.name', pipeline.addresses.originalImagesBucket);
    }
  });
});

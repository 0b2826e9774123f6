import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import type { TargetPipeline } from '../support/pipeline.ts';
import { startTarget } from '../support/target.ts';

const ODD_KEY = "input/d'or été (1).jpg";

describe('POST /process-image', () => {
  let pipeline: TargetPipeline;
  before(async () => {
    pipeline = await startTarget();
    const image = await paintUpright(64, 48).jpeg().toBuffer();
    await pipeline.upload('input/', '');
    for (const key of ['input/cat.jpg', 'input/2026/dog.jpg', ODD_KEY])
      await pipeline.uploadAndWait(key, image);
    await pipeline.uploadAndWait('input/text.jpg', 'This is no image.');
  });
  after(() => pipeline.stop());

  it('with {} answers with the ARN and the start date of the execution', async () => {
    const { status, body } = await pipeline.post({});
    expect(status).to.equal(200);
    expect(body).to.have.all.keys('executionArn', 'startDate');
    const { resizeImageStateMachineArn } = pipeline.addresses;
    expect(body.executionArn).to.include(resizeImageStateMachineArn.replace(':stateMachine:', ':execution:'));
    expect(body.startDate).to.be.a('number');
  });

  it('with {} succeeds and renders nothing when every image is up to date', async () => {
    const lost = await pipeline.loseThumbnail('input/cat.jpg');
    const execution = await pipeline.process({});
    expect(execution.status).to.equal('SUCCEEDED');
    expect(await pipeline.outputs()).not.to.include(lost);
  });

  it('with {} counts every object under input/ as succeeded, folder markers and rejected images included', async () => {
    const { output } = await pipeline.process({});
    const { images } = JSON.parse(output ?? '{}').counts;
    expect(images).to.deep.include({ Total: 5, Succeeded: 5, Failed: 0 });
  });

  it('with an empty body starts an execution, as with {}', async () => {
    expect((await pipeline.post('')).status).to.equal(200);
  });

  it('with a prefix and force resizes the images under the prefix again, and no others', async () => {
    const under = await pipeline.loseThumbnail('input/2026/dog.jpg');
    const elsewhere = await pipeline.loseThumbnail('input/cat.jpg');
    expect(await pipeline.process({ prefix: 'input/2026/', force: true })).to.have.property(
      'status',
      'SUCCEEDED',
    );
    expect(await pipeline.outputs())
      .to.include(under)
      .and.not.include(elsewhere);
  });

  it('with a prefix that no key has succeeds and counts zero images', async () => {
    const execution = await pipeline.process({ prefix: 'input/nothing-here/' });
    expect(execution.status).to.equal('SUCCEEDED');
    expect(JSON.parse(execution.output ?? '{}').counts.images.Total).to.equal(0);
  });

  it('with {} resizes an image that has no manifest', async () => {
    await pipeline.loseManifest('input/cat.jpg');
    const lost = await pipeline.loseThumbnail('input/cat.jpg');
    expect(await pipeline.process({})).to.have.property('status', 'SUCCEEDED');
    expect(await pipeline.manifest('input/cat.jpg')).to.have.property('status', 'RESIZED');
    expect(await pipeline.outputs()).to.include(lost);
  });

  it('with a key that has quotes, spaces and accents, and force, resizes that image again', async () => {
    const lost = await pipeline.loseThumbnail(ODD_KEY);
    const execution = await pipeline.process({ key: ODD_KEY, force: true });
    expect(execution.status).to.equal('SUCCEEDED');
    expect(JSON.parse(execution.output ?? '{}')).to.deep.include({ status: 'RESIZED' });
    expect(await pipeline.outputs()).to.include(lost);
  });

  for (const [key, error] of [
    ['input/text.jpg', 'UnsupportedImageError'],
    ['input/nobody-home.jpg', 'SourceNotFoundError'],
  ])
    it(`with the key ${key} starts an execution that fails with ${error}, which GET returns too`, async () => {
      const execution = await pipeline.process({ key });
      expect(execution).to.deep.include({ status: 'FAILED', error });
      const { status, body } = await pipeline.get(execution.name ?? '');
      expect(status).to.equal(200);
      expect(body).to.deep.include({ status: 'FAILED', error, cause: execution.cause });
    });

  it('starts an execution whose name is in the manifest of each image that it resized, alone or in a bulk run', async () => {
    const key = 'input/2026/dog.jpg';
    for (const body of [{ key }, { prefix: 'input/2026/' }]) {
      const { name } = await pipeline.process({ ...body, force: true });
      expect(await pipeline.manifest(key)).to.have.property('execution', name);
    }
  });

  describe('and GET /process-image/{executionName}', () => {
    it('returns the counts of a bulk run that has ended', async () => {
      const { name } = await pipeline.process({});
      const { body } = await pipeline.get(name ?? '');
      expect(body).to.have.nested.property('output.counts.images.Succeeded', 5);
    });

    it('answers 404 for an execution that does not exist', async () => {
      const { status, body } = await pipeline.get('nobody');
      expect(status).to.equal(404);
      expect(body.message).to.be.a('string');
    });
  });

  it('answers 409 with the path of the status to a second request with the same Idempotency-Key', async () => {
    // AWS keeps the name of an execution reserved for 90 days.
    const name = `monday-run-${Date.now()}`;
    const headers = { 'Idempotency-Key': name };
    const first = await pipeline.post({}, headers);
    expect(first.status).to.equal(200);
    expect(first.body.executionArn).to.match(new RegExp(`:${name}$`));
    await pipeline.getAtEnd(name);
    const again = await pipeline.post({}, headers);
    expect(again.status).to.equal(409);
    expect(again.body.message).to.contain(`/process-image/${name}`);
  });

  const refused: readonly [string, string, string, number][] = [
    ['a key of the wrong type', '{"key": 5}', 'application/json', 400],
    ['an unknown field', '{"keys": []}', 'application/json', 400],
    ['a body that is not JSON', 'not json', 'application/json', 400],
    ['a key outside of input/', '{"key": "output/cat.jpg"}', 'application/json', 400],
    ['both a key and a prefix', '{"key": "input/a", "prefix": "input/"}', 'application/json', 400],
    ['the content type text/plain', '{}', 'text/plain', 415],
  ];
  for (const [what, body, type, expected] of refused)
    it(`with ${what} answers ${expected} with a message and starts no execution`, async () => {
      const before = await pipeline.newestExecution();
      const answer = await pipeline.post(body, { 'content-type': type });
      expect(answer.status).to.equal(expected);
      expect(answer.body.message).to.be.a('string').and.not.equal('');
      expect(await pipeline.newestExecution()).to.equal(before);
    });
});

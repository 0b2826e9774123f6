import { StartExecutionCommand } from '@aws-sdk/client-sfn';
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

  it('POST with {} answers with the ARN and the start date of the execution', async () => {
    const { status, body } = await pipeline.post({});
    expect(status).to.equal(200);
    expect(body).to.have.all.keys('executionArn', 'startDate');
    const { resizeImageStateMachineArn } = pipeline.addresses;
    expect(body.executionArn).to.include(resizeImageStateMachineArn.replace(':stateMachine:', ':execution:'));
    expect(body.startDate).to.be.a('number');
    await pipeline.endOf(String(body.executionArn));
  });

  it('POST with {} renders nothing if every image is up to date, and counts every image by what became of it', async () => {
    const execution = await pipeline.process({});
    expect(execution.status).to.equal('SUCCEEDED');
    // The folder marker counts as unchanged.
    expect(pipeline.runCounts(execution)).to.deep.equal({
      resized: 0,
      unchanged: 4,
      rejected: { UnsupportedImageError: 1 },
      unprocessed: 0,
    });
  });

  it('POST with {} makes a missing rendition again, and resizes no other image', async () => {
    const lost = await pipeline.loseThumbnail('input/cat.jpg');
    const execution = await pipeline.process({});
    expect(pipeline.runCounts(execution)).to.include({ resized: 1, unchanged: 3 });
    expect(await pipeline.outputs()).to.include(lost);
  });

  it('POST with dryRun counts the images that would be resized, and writes no output', async () => {
    const lost = await pipeline.loseThumbnail('input/cat.jpg');
    const one = await pipeline.process({ dryRun: true });
    expect(pipeline.runCounts(one)).to.deep.equal({
      wouldResize: 1,
      unchanged: 3,
      rejected: { UnsupportedImageError: 1 },
      unprocessed: 0,
    });
    const forced = await pipeline.process({ prefix: 'input/2026/', dryRun: true, force: true });
    expect(pipeline.runCounts(forced)).to.deep.include({ wouldResize: 1, unchanged: 0 });
    expect(await pipeline.outputs()).not.to.include(lost);
    await pipeline.process({});
  });

  it('POST with an empty body starts an execution, as POST with {} does', async () => {
    const { status, body } = await pipeline.post('');
    expect(status).to.equal(200);
    await pipeline.endOf(String(body.executionArn));
  });

  it('Of two POSTs of {} at once, one starts a bulk run, and the other fails with the ARN of that run', async () => {
    const ends = await Promise.all([{ force: true }, { force: true }].map((body) => pipeline.process(body)));
    const [done, refused] = ends.sort((one, other) => String(other.status).localeCompare(String(one.status)));
    expect(done).to.have.property('status', 'SUCCEEDED');
    expect(refused).to.include({ status: 'FAILED', error: 'BulkRunInProgress' });
    expect(refused?.cause).to.include(done?.executionArn).and.to.include('input/');
    expect(await pipeline.process({})).to.have.property('status', 'SUCCEEDED');
  });

  it('POST with a prefix and force resizes the images under the prefix again, and no others', async () => {
    const execution = await pipeline.process({ prefix: 'input/2026/', force: true });
    expect(execution.status).to.equal('SUCCEEDED');
    expect(pipeline.runCounts(execution)).to.deep.include({ resized: 1, unchanged: 0 });
  });

  it('POST with a prefix that no key has succeeds and counts zero images', async () => {
    const execution = await pipeline.process({ prefix: 'input/nothing-here/' });
    expect(execution.status).to.equal('SUCCEEDED');
    expect(pipeline.runCounts(execution)).to.deep.equal({
      resized: 0,
      unchanged: 0,
      rejected: {},
      unprocessed: 0,
    });
  });

  it('POST with {} resizes an image that has no manifest', async () => {
    await pipeline.loseManifest('input/cat.jpg');
    const lost = await pipeline.loseThumbnail('input/cat.jpg');
    expect(await pipeline.process({})).to.have.property('status', 'SUCCEEDED');
    expect(await pipeline.manifest('input/cat.jpg')).to.have.property('status', 'RESIZED');
    expect(await pipeline.outputs()).to.include(lost);
  });

  it('POST with force and a key that has quotes, spaces and accents resizes that image again', async () => {
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
    it(`POST with the key ${key} starts an execution that fails with ${error}, which GET returns too`, async () => {
      const execution = await pipeline.process({ key });
      expect(execution).to.deep.include({ status: 'FAILED', error });
      const { status, body } = await pipeline.get(execution.name ?? '');
      expect(status).to.equal(200);
      expect(body).to.deep.include({ status: 'FAILED', error, cause: execution.cause });
    });

  it('POST starts an execution whose name is in the manifest of each image that it resized, alone or in a bulk run', async () => {
    const key = 'input/2026/dog.jpg';
    for (const body of [{ key }, { prefix: 'input/2026/' }]) {
      const { name } = await pipeline.process({ ...body, force: true });
      expect(await pipeline.manifest(key)).to.have.property('execution', name);
    }
  });

  describe('and GET /process-image/{executionName}', () => {
    it('GET returns the counts of a bulk run that has ended', async () => {
      const { name } = await pipeline.process({});
      const { body } = await pipeline.get(name ?? '');
      expect(body).to.have.nested.property('output.images.unchanged', 4);
    });

    it('GET answers 404 for an execution that does not exist', async () => {
      const { status, body } = await pipeline.get('nobody');
      expect(status).to.equal(404);
      expect(body.message).to.be.a('string');
    });
  });

  it('POST answers 409 with the path of the status to a second request with the same Idempotency-Key', async () => {
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

  for (const contradiction of [{ prefix: 'input/' }, { dryRun: true }])
    it(`An execution that somebody starts with key and ${Object.keys(contradiction)} fails as InvalidRequest and processes nothing`, async () => {
      const key = 'input/2026/dog.jpg';
      const before = await pipeline.manifest(key);
      const { executionArn } = await pipeline.states.send(
        new StartExecutionCommand({
          stateMachineArn: pipeline.addresses.resizeImageStateMachineArn,
          input: JSON.stringify({ key, force: true, ...contradiction }),
        }),
      );
      const execution = await pipeline.endOf(executionArn ?? '');
      expect(execution).to.include({ status: 'FAILED', error: 'InvalidRequest' });
      expect(execution.cause).to.include('"key" alone');
      expect(await pipeline.manifest(key)).to.deep.equal(before);
    });

  const refused: readonly [string, string, string, number][] = [
    ['a key of the wrong type', '{"key": 5}', 'application/json', 400],
    ['an unknown field', '{"keys": []}', 'application/json', 400],
    ['a body that is not JSON', 'not json', 'application/json', 400],
    ['a key outside of input/', '{"key": "output/cat.jpg"}', 'application/json', 400],
    ['both a key and a prefix', '{"key": "input/a", "prefix": "input/"}', 'application/json', 400],
    ['a dry run of one key', '{"key": "input/a", "dryRun": true}', 'application/json', 400],
    ['the content type text/plain', '{}', 'text/plain', 415],
  ];
  for (const [what, body, type, expected] of refused)
    it(`POST with ${what} answers ${expected} with a message and starts no execution`, async () => {
      const before = await pipeline.newestExecution();
      const answer = await pipeline.post(body, { 'content-type': type });
      expect(answer.status).to.equal(expected);
      expect(answer.body.message).to.be.a('string').and.not.equal('');
      expect(await pipeline.newestExecution()).to.equal(before);
    });
});

import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { openDatabase } from '../../database.ts';
import { createSns } from '../../sns/index.ts';
import { useSmallDisk } from '../support/small-disk.ts';
import { type Endpoint, openEndpoint } from './running.ts';
import { TOPIC } from './template.ts';

describe('Deliveries of the local SNS (AWS: Message delivery retries)', () => {
  let endpoint: Endpoint;
  beforeEach(async () => {
    endpoint = await openEndpoint();
  });
  afterEach(() => endpoint.close());

  /** SNS with one topic, to which the endpoint is subscribed raw, and which tries again at once. */
  function given(database = new DatabaseSync(':memory:')) {
    const warnings: string[] = [];
    const sns = createSns({
      database,
      url: 'http://127.0.0.1:3000',
      topics: () => [],
      declared: () => [
        { arn: `${TOPIC}:1`, topicArn: TOPIC, protocol: 'http', endpoint: endpoint.url, isRaw: true },
      ],
      sqs: { find: () => undefined, send: () => ({ MessageId: '', MD5OfMessageBody: '' }) },
      letsSend: () => true,
      authorize: () => {},
      warn: (message) => warnings.push(message),
      retryMs: 5,
    });
    const waiting = () => Number(database.prepare('SELECT count(*) AS n FROM sns_deliveries').get()?.n);
    return { sns, warnings, waiting };
  }

  it('an endpoint that answers 503 gets the message again, until it answers 200', async () => {
    const { sns, warnings, waiting } = given();
    endpoint.answer(503);
    sns.record(TOPIC, 'subject', 'patient');
    sns.deliver();
    await endpoint.bodies(2);
    endpoint.answer(200);
    while (waiting() > 0) await sleep(5);
    expect(sns.stop()).to.equal(0);
    expect(new Set(endpoint.posted.map(({ body }) => body))).to.deep.equal(new Set(['patient']));
    expect(warnings).to.deep.equal([]);
  });

  it('an endpoint that does not answer at all is tried four times; then the message is lost, and a warning says so', async () => {
    const { sns, warnings } = given();
    endpoint.close();
    sns.record(TOPIC, 'subject', 'lost');
    sns.deliver();
    while (warnings.length === 0) await sleep(5);
    expect(warnings).to.deep.equal([
      `${TOPIC}: a message to ${endpoint.url} is lost: it did not answer (ECONNREFUSED)`,
    ]);
    expect(sns.stop()).to.equal(0);
  });

  it('what is rolled back with its object is not delivered', async () => {
    const database = new DatabaseSync(':memory:');
    const { sns } = given(database);
    database.exec('BEGIN');
    sns.record(TOPIC, 'subject', 'undone');
    database.exec('ROLLBACK');
    sns.deliver();
    sns.record(TOPIC, 'subject', 'done');
    sns.deliver();
    expect(await endpoint.bodies(1)).to.deep.equal(['done']);
  });

  it('messages that one process has not delivered are delivered by the next one, each to its subscriber', async () => {
    const database = new DatabaseSync(':memory:');
    const before = given(database).sns;
    for (let number = 0; number < 30; number += 1) before.record(TOPIC, 'subject', `message ${number}`);
    expect(before.stop()).to.equal(30);
    given(database).sns.deliver();
    expect(new Set(await endpoint.bodies(30))).to.have.property('size', 30);
  });

  describe('on a full disk', () => {
    const disk = useSmallDisk(8);

    it('messages that were delivered are forgotten when there is space again, and not delivered twice', async () => {
      const database = openDatabase(disk().folder);
      const { sns, warnings, waiting } = given(database);
      for (let count = 0; count < 20; count += 1) sns.record(TOPIC, 'subject', 'once');
      disk().fill();
      sns.deliver();
      await endpoint.bodies(8);
      await sleep(1000);
      expect(waiting()).to.equal(20);

      disk().free();
      while (waiting() > 0) await sleep(20);
      expect(endpoint.posted).to.have.length(20);
      expect(warnings).to.deep.equal([]);
      expect(sns.stop()).to.equal(0);
      database.close();
    });
  });
});

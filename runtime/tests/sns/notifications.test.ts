import { expect } from 'chai';
import fc from 'fast-check';
import { type Running, start } from './running.ts';
import { BUCKET, TOPIC, writeDrafts } from './template.ts';

interface Record {
  readonly eventName: string;
  readonly s3: { readonly object: { readonly key: string } };
}

describe("S3's notifications to a topic (AWS: Event message structure)", () => {
  let running: Running;
  before(async () => {
    running = await start(writeDrafts());
  });
  after(() => running.stop());

  /** What the queue has received, oldest first. */
  const received = async (count: number) => {
    const bodies = await running.take('Inbox', count);
    return bodies.map((body) => JSON.parse(body));
  };
  const recordsOf = (envelope: { readonly Message: string }): readonly Record[] =>
    JSON.parse(envelope.Message).Records;

  it("an object gives one message in SNS's envelope, with the fields that S3 sends", async () => {
    await running.put('drafts/first.md');
    const [envelope] = await received(1);
    expect(envelope).to.deep.include({
      Type: 'Notification',
      TopicArn: TOPIC,
      Subject: 'Amazon S3 Notification',
      SignatureVersion: '1',
    });
    expect(envelope).to.have.all.keys(
      ...['Type', 'MessageId', 'TopicArn', 'Subject', 'Message', 'Timestamp'],
      ...['SignatureVersion', 'Signature', 'SigningCertURL', 'UnsubscribeURL'],
    );
    const [record, ...others] = recordsOf(envelope);
    expect(others).to.deep.equal([]);
    expect(record).to.deep.include({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-east-1',
      eventName: 'ObjectCreated:Put',
      requestParameters: { sourceIPAddress: '127.0.0.1' },
    });
    expect(record?.s3).to.deep.include({
      s3SchemaVersion: '1.0',
      configurationId: 'Drafts-1',
      bucket: {
        name: BUCKET,
        ownerIdentity: { principalId: '000000000000' },
        arn: `arn:aws:s3:::${BUCKET}`,
      },
    });
    expect(record?.s3.object).to.deep.include({
      key: 'drafts/first.md',
      size: 4,
      eTag: '1cb251ec0d568de6a929b520c4aed8d1',
    });
  });

  it('a removal gives a message without size and ETag', async () => {
    await running.remove('drafts/first.md');
    const [record] = recordsOf((await received(1))[0]);
    expect(record?.eventName).to.equal('ObjectRemoved:Delete');
    expect(record?.s3.object).to.have.all.keys('key', 'sequencer');
  });

  it('only objects give messages whose event, prefix and suffix a configuration names', async () => {
    for (const key of ['drafts/a.txt', 'notes/a.md', 'drafts.md', 'drafts/b.md']) await running.put(key);
    await running.remove('notes/a.md');
    const messages = (await received(2)).map((envelope) => recordsOf(envelope)[0]);
    expect(messages.map((record) => [record?.eventName, record?.s3.object.key])).to.deep.equal([
      ['ObjectCreated:Put', 'drafts/b.md'],
      ['ObjectRemoved:Delete', 'notes/a.md'],
    ]);
    await running.put('drafts/last.md');
    expect(await received(1)).to.have.length(1);
  });

  it('a key is encoded as in a form, with + for a space and slashes as they are', async () => {
    await running.put("drafts/1 + 1 (2)!/it's 50% é*~.md");
    const [record] = recordsOf((await received(1))[0]);
    expect(record?.s3.object.key).to.equal('drafts/1+%2B+1+%282%29%21/it%27s+50%25+%C3%A9*%7E.md');
  });

  it('decodeURIComponent gives any key back once each + is a space', async () => {
    const key = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      // S3 accepts no key with such a path segment from a URL.
      .filter((text) => !text.split('/').some((part) => part === '.' || part === '..'))
      .map((text) => `drafts/${text}.md`);
    await fc.assert(
      fc.asyncProperty(key, async (key) => {
        await running.put(key);
        const [record] = recordsOf((await received(1))[0]);
        const { key: encoded = '' } = record?.s3.object ?? {};
        expect(encoded).to.match(/^[\w.*+%/-]+$/);
        expect(decodeURIComponent(encoded.replaceAll('+', ' '))).to.equal(key);
      }),
      { numRuns: 60 },
    );
  });
});

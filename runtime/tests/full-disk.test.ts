// What a full disk does to the runtime: nothing that it acknowledged is lost, it lives, and goes on when there is space.
// Sizes are chosen so that each write needs more space than a file may have left in its last page.

import fs, { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { expect } from 'chai';
import { createOutlast, isDiskFull } from '../full-disk.ts';
import { type Runtime, startRuntime } from '../index.ts';
import { incoming, startService, stopAndRemove } from './s3/service.ts';
import { useSmallDisk } from './support/small-disk.ts';
import { writeTemplate } from './support/template-file.ts';

const LARGE = 'x'.repeat(200_000);

/** A bucket whose uploads start a state machine, whose function waits as long as there is a file `closed`; a queue, and a topic that sends to it. */
const TEMPLATE = `Transform: AWS::Serverless-2016-10-31
Resources:
  Letters:
    Type: AWS::S3::Bucket
    DependsOn: NewsPolicy
    Properties:
      NotificationConfiguration:
        EventBridgeConfiguration: { EventBridgeEnabled: true }
        TopicConfigurations: [{ Event: 's3:ObjectCreated:Copy', Topic: !Ref News }]
  NewsPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref News]
      PolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: s3.amazonaws.com }, Action: sns:Publish, Resource: !Ref News }]
  Mail: { Type: AWS::SQS::Queue }
  MailPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Mail]
      PolicyDocument:
        Statement:
          - { Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: sqs:SendMessage, Resource: !GetAtt Mail.Arn }
  News: { Type: AWS::SNS::Topic }
  NewsByMail:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref News, Protocol: sqs, Endpoint: !GetAtt Mail.Arn, RawMessageDelivery: true }
  Answer:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [answer.ts] } }
    Properties: { CodeUri: ., Handler: answer.handler, Runtime: nodejs24.x }
  Correspondence:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: correspondence.asl.json
      DefinitionSubstitutions: { Answer: !GetAtt Answer.Arn, MailUrl: !Ref Mail }
      Policies:
        - Statement:
            - { Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Answer.Arn }
            - { Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Mail.Arn }
      Events:
        LetterArrived:
          Type: EventBridgeRule
          Properties: { Pattern: { source: [aws.s3], detail: { bucket: { name: [!Ref Letters] } } } }
Outputs:
  CorrespondenceArn: { Value: !Ref Correspondence }
  NewsArn: { Value: !Ref News }
  MailUrl: { Value: !Ref Mail }
`;

const HANDLER = `import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
export const handler = async ({ detail }: { detail?: { object: { key: string } } }) => {
  while (existsSync('closed')) await sleep(10);
  process.stdout.write('a line of the log that may find no space\\n'.repeat(1000));
  return { letter: (detail?.object.key ?? 'none') + ' ${'x'.repeat(100_000)}' };
};
`;

const DEFINITION = JSON.stringify({
  StartAt: 'Answer',
  States: {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the placeholders of ASL files look like JavaScript's.
    Answer: { Type: 'Task', Resource: '${Answer}', Next: 'Send' },
    Send: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Parameters: { QueueUrl: '${MailUrl}', 'MessageBody.$': '$.letter' },
      End: true,
    },
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
  },
});

describe('A runtime whose disk is full', () => {
  const disk = useSmallDisk(24);
  const warnings: string[] = [];
  let runtime: Runtime;
  let template: string;
  const credentials = { accessKeyId: 'anybody', secretAccessKey: 'any' };
  const clientOptions = (endpoint: string) => ({
    endpoint,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  let s3: S3Client;
  let states: SFNClient;
  let sns: SNSClient;

  const start = async (): Promise<void> => {
    runtime = await startRuntime({
      templateFile: template,
      dataDirectory: disk().folder,
      port: 0,
      s3Port: 0,
      parameterOverrides: {},
      layerDirectory: '/layer',
      apiKey: 'key',
      warn: (message) => warnings.push(message),
    });
    s3 = new S3Client(clientOptions(runtime.s3Url));
    states = new SFNClient(clientOptions(runtime.statesUrl));
    sns = new SNSClient(clientOptions(runtime.statesUrl));
  };
  beforeEach(async () => {
    warnings.length = 0;
    template = writeTemplate(TEMPLATE, { 'answer.ts': HANDLER, 'correspondence.asl.json': DEFINITION });
    await start();
  });
  const stop = async () => {
    for (const client of [s3, states, sns]) client?.destroy();
    await runtime?.stop();
  };
  afterEach(stop);

  const Bucket = 'local-letters';
  const put = (Key: string, Body = LARGE) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const get = async (Key: string) =>
    (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  const keys = async () =>
    ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key);
  const begin = (input: object) =>
    states.send(
      new StartExecutionCommand({
        stateMachineArn: runtime.outputs.CorrespondenceArn,
        input: JSON.stringify(input),
      }),
    );
  const statusOf = async (executionArn: string | undefined) =>
    (await states.send(new DescribeExecutionCommand({ executionArn }))).status;
  /** Keeps the function from answering until it is opened. */
  const close = () => writeFileSync(join(disk().folder, 'functions/Answer/closed'), '');
  const open = () => rmSync(join(disk().folder, 'functions/Answer/closed'));
  const publish = (Message: string) =>
    sns.send(new PublishCommand({ TopicArn: runtime.outputs.NewsArn, Message }));
  const queue = async (action: string, fields: object = {}) => {
    const answer = await fetch(runtime.statesUrl, {
      method: 'POST',
      headers: { 'x-amz-target': `AmazonSQS.${action}` },
      body: JSON.stringify({ QueueUrl: runtime.outputs.MailUrl, ...fields }),
    });
    const body: { Messages?: { Body: string }[] } = JSON.parse(await answer.text());
    return { status: answer.status, body };
  };
  /** The first words of the messages of the queue, in no order, once there are so many. */
  const mail = async (count: number): Promise<string[]> => {
    const found: string[] = [];
    while (found.length < count) {
      const { body } = await queue('ReceiveMessage', { MaxNumberOfMessages: 10 });
      found.push(...(body.Messages ?? []).map(({ Body }) => Body.split(' ')[0] ?? ''));
      await sleep(20);
    }
    return found.sort();
  };
  const errorOf = (sent: Promise<unknown>) =>
    sent.then(
      () => 'none',
      (error: { name: string; $metadata?: { httpStatusCode?: number } }) =>
        `${error.$metadata?.httpStatusCode} ${error.name}`,
    );

  it('each service answers a request that needs space with 503 ServiceUnavailable, which the SDKs repeat, and goes on when there is space', async () => {
    await put('kept');
    await mail(1);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    disk().fill();

    const upload = { Bucket, Key: 'parts', UploadId };
    for (const [what, send] of Object.entries({
      put: () => put('refused'),
      replace: () => put('kept', LARGE.replaceAll('x', 'y')),
      part: () => s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: LARGE })),
      'new upload': () =>
        s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k', Metadata: { a: 'x'.repeat(2000) } })),
      execution: () => begin({ LARGE }),
      message: () => publish(LARGE),
    }))
      expect(await until503(send), what).to.match(/^503 ServiceUnavailable/);
    expect((await queue('SendMessage', { MessageBody: LARGE })).status).to.equal(503);
    expect(await get('kept')).to.equal(LARGE);
    expect(await keys()).to.deep.equal(['kept']);

    disk().free();
    await put('accepted');
    const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: LARGE }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    await begin({});
    await publish('news');
    expect((await queue('SendMessage', { MessageBody: 'letter' })).status).to.equal(200);
    expect(await mail(5)).to.deep.equal(['accepted', 'letter', 'news', 'none', 'parts']);
    expect(readdirSync(join(runtime.s3Directory, '.incoming'))).to.deep.equal([]);
  });

  /** A small write may still find space in the last page of a file, so it is repeated. */
  async function until503(send: () => Promise<unknown>): Promise<string> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const error = await errorOf(send());
      if (error !== 'none') return error;
    }
    return 'none';
  }

  it('DeleteObjects names the objects for whose removal there is no space, and they stay', async () => {
    for (const key of ['a', 'b', 'c']) await put(key);
    await mail(3);
    disk().fill();

    const Objects = Array.from({ length: 40 }, (_, index) => ({ Key: ['a', 'b', 'c'][index % 3] }));
    const { Errors = [], Deleted = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
    );
    const removed = new Set(Deleted.map(({ Key }) => Key));

    expect(new Set(Errors.map(({ Code }) => Code))).to.deep.equal(new Set(['ServiceUnavailable']));
    expect(await keys()).to.deep.equal(['a', 'b', 'c'].filter((key) => !removed.has(key)));
    for (const key of await keys()) expect(await get(String(key))).to.equal(LARGE);
  });

  it('executions, uploads and messages that were acknowledged before end when there is space again, and a warning tells what they wait for', async () => {
    close();
    const { executionArn } = await begin({});
    for (const key of ['one', 'two', 'three']) await put(key, 'small');
    for (let count = 0; count < 3; count += 1) await publish('news');
    disk().fill();
    open();
    await sleep(2000);

    expect(await statusOf(executionArn)).to.equal('RUNNING');
    disk().free();

    expect(await mail(7)).to.deep.equal(['news', 'news', 'news', 'none', 'one', 'three', 'two']);
    while ((await statusOf(executionArn)) === 'RUNNING') await sleep(20);
    expect(await statusOf(executionArn)).to.equal('SUCCEEDED');
    expect(warnings).to.deep.equal([
      `The disk of ${disk().folder} is full. Nothing that was acknowledged is lost. Free some space: what waits for it goes on by itself.`,
    ]);
  });

  it('a stop does not wait for space, a start on a full disk is refused in words, and the start after does what was left', async () => {
    close();
    const { executionArn } = await begin({});
    await put('letter');
    disk().fill();
    open();
    await sleep(1000);
    await stop();

    const refusal = await start().then(
      () => 'started',
      (error: Error) => error.message,
    );
    // A start that needs no more pages than its files have succeeds.
    if (refusal !== 'started') {
      expect(refusal).to.equal(
        `The disk of ${disk().folder} is full. Free some space, or choose another folder with --data.`,
      );
      disk().free();
      await start();
    }
    disk().free();
    expect(await get('letter')).to.equal(LARGE);
    while ((await statusOf(executionArn)) === 'RUNNING') await sleep(20);
    expect(await statusOf(executionArn)).to.equal('SUCCEEDED');
    // The event whose execution the stop interrupted may be delivered once more.
    const texts = new Set<string>();
    while (texts.size < 2) for (const text of await mail(1)) texts.add(text);
    expect([...texts].sort()).to.deep.equal(['letter', 'none']);
  });
});

describe('S3 whose disk has no space for the name of a file in its folder', () => {
  const { renameSync } = fs;
  /** Makes each move of a file fail, as ext4 does where a folder has to grow. */
  const refuseMoves = () => {
    fs.renameSync = (from, to) => {
      if (from === to) return;
      throw Object.assign(new Error('ENOSPC: no space left on device, rename'), { code: 'ENOSPC' });
    };
    syncBuiltinESMExports();
  };
  const allowMoves = () => {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
  };
  afterEach(allowMoves);

  for (const versionedBuckets of [[], ['notes']])
    it(`an object that was stored is read, replaced and removed, and in its place after a start, with${versionedBuckets.length > 0 ? '' : 'out'} versions`, async () => {
      const first = await startService(undefined, versionedBuckets);
      const client = () => ({
        put: (Key: string, Body: string) =>
          first.client.send(new PutObjectCommand({ Bucket: 'notes', Key, Body })),
        get: async (Key: string) =>
          (await first.client.send(new GetObjectCommand({ Bucket: 'notes', Key }))).Body?.transformToString(),
      });
      const { put, get } = client();
      await put('old', 'before');
      refuseMoves();

      await put('a', 'first');
      await put('b', 'first');
      expect(await get('a')).to.equal('first');
      if (versionedBuckets.length === 0) {
        await put('old', 'after!');
        expect(await get('old')).to.equal('after!');
        await first.client.send(new DeleteObjectCommand({ Bucket: 'notes', Key: 'b' }));
      }
      allowMoves();
      const { VersionId } = await put('a', 'second');
      expect(await get('a')).to.equal('second');
      await first.stop();

      const second = await startService(first.directory, versionedBuckets);
      const read = async (Key: string, version?: string) =>
        (
          await second.client.send(new GetObjectCommand({ Bucket: 'notes', Key, VersionId: version }))
        ).Body?.transformToString();
      expect(await read('a')).to.equal('second');
      expect(incoming(second)).to.deep.equal([]);
      if (versionedBuckets.length === 0) expect(await read('old')).to.equal('after!');
      else {
        expect(await read('b')).to.equal('first');
        const { Versions = [] } = await second.client.send(
          new ListObjectVersionsCommand({ Bucket: 'notes', Prefix: 'a' }),
        );
        const older = Versions.find((one) => one.VersionId !== VersionId);
        expect(await read('a', older?.VersionId)).to.equal('first');
      }
      await stopAndRemove(second);
    });
});

describe('A write that outlasts a full disk', () => {
  const full = () => Object.assign(new Error('full'), { code: 'ENOSPC' });

  it('it is repeated as long as the disk is full, and gives what the write gives', async () => {
    let [attempts, warned] = [0, 0];
    const outlast = createOutlast(() => {
      warned += 1;
    });
    const write = () => {
      attempts += 1;
      if (attempts < 3) throw full();
      return 'written';
    };
    expect(await outlast(write, new AbortController().signal)).to.equal('written');
    expect({ attempts, warned }).to.deep.equal({ attempts: 3, warned: 2 });
  });

  it('it is tried once even if the runtime is stopping, and not again', async () => {
    const stopping = AbortSignal.abort(new Error('stopping'));
    const outlast = createOutlast(() => {});
    expect(await outlast(() => 1, stopping)).to.equal(1);
    const refused = await outlast(() => Promise.reject(full()), stopping).catch(String);
    expect(refused).to.equal('Error: stopping');
  });

  it('any other error is thrown', async () => {
    const outlast = createOutlast(() => {});
    const write = () => {
      throw new Error('another');
    };
    expect(await outlast(write, new AbortController().signal).catch(String)).to.equal('Error: another');
  });

  it('SQLite, the file system and S3 each say in their way that a disk is full', () => {
    const database = new DatabaseSync(':memory:');
    database.exec('PRAGMA max_page_count = 2; CREATE TABLE a (b)');
    let error: unknown;
    try {
      database.prepare('INSERT INTO a VALUES (?)').run(LARGE);
    } catch (thrown) {
      error = thrown;
    }
    expect(isDiskFull(error)).to.equal(true);
    expect(isDiskFull(full())).to.equal(true);
    expect(isDiskFull(Object.assign(new Error('quota'), { code: 'EDQUOT' }))).to.equal(true);
    expect(isDiskFull(Object.assign(new Error('No space'), { name: 'ServiceUnavailable' }))).to.equal(true);
    for (const other of [new Error('other'), Object.assign(new Error('gone'), { code: 'ENOENT' }), 'full'])
      expect(isDiskFull(other)).to.equal(false);
  });
});

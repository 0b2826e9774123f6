import { once } from 'node:events';
import { createServer } from 'node:http';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ConfirmSubscriptionCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { expect } from 'chai';
import {
  callHandler,
  clientOf,
  PAGE,
  runReceiver,
  runWebhook,
  subscribeWebhook,
  TOPIC,
  tokenIn,
  type Webhook,
} from '../support/announcements.ts';
import { hasAwsCli, runCommands } from '../support/aws-cli.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';

const picture = await paintUpright(64, 48).jpeg().toBuffer();

describe('docs/announcements.md', () => {
  let pipeline: PipelineUnderTest;
  let webhook: Webhook;
  before(async () => {
    pipeline = await startPipeline({ words: ['--parameter-overrides', 'Announce=true'] });
    webhook = await runWebhook(pipeline);
  });
  after(async () => {
    await webhook?.close();
    await pipeline?.stop();
  });

  /** The first block of shell commands in a section of the page. */
  function commandsOf(title: string): string {
    const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
    const commands = /```sh\n(.*?)```/s.exec(section ?? '')?.[1];
    if (!commands) throw new Error(`Expected commands under "${title}" but there are none.`);
    return commands;
  }

  /** Runs commands with the page's variables for `npm start`. */
  function run(commands: string, env: Readonly<Record<string, string>> = {}): string {
    const variables = /Announce=true`, use these:\n\n```sh\n(.*?)```/s.exec(PAGE)?.[1] ?? '';
    return runCommands(`${variables}\n${commands}`, pipeline.addresses, env);
  }

  it('The webhook of docs/announcements.md prints the token with which its subscription is confirmed, then each image with its status', async () => {
    await subscribeWebhook(webhook, pipeline);
    await pipeline.upload('input/cat.jpg', picture);
    await pipeline.upload('input/note.txt', 'This is no image.');
    await until(async () => webhook.statusesOf('input/cat.jpg').includes('RESIZED'), 'the image');
    await until(async () => webhook.statusesOf('input/note.txt').includes('REJECTED'), 'the refusal');
  });

  it('readAnnouncement of docs/announcements.md gives the key of any image back', async () => {
    const keys = ['1 + 1', "it's (2)!", '50%', '%2B', 'é ñ 猫', 'a/b//c', 'a&b=c;d', '*~', 'x/manifest.json'];
    for (const key of keys) {
      const Key = `output/${key}/manifest.json`;
      const Body = JSON.stringify({ status: `STATUS-OF-${keys.indexOf(key)}` });
      await pipeline.s3.send(
        new PutObjectCommand({ Bucket: pipeline.addresses.resizedImagesBucket, Key, Body }),
      );
    }
    for (const [index, key] of keys.entries()) {
      const isRead = async () => webhook.statusesOf(`input/${key}`).includes(`STATUS-OF-${index}`);
      await until(isRead, key, 20_000);
    }
  });

  it('The webhook of docs/announcements.md answers 404 to whoever does not know the secret, and 500 to a message that it cannot read', async () => {
    const post = async (url: string, body: string) => (await fetch(url, { method: 'POST', body })).status;
    const before = webhook.lines.length;
    const confirmation = JSON.stringify({ Type: 'SubscriptionConfirmation', Token: 'x' });
    expect(await post(new URL('/other', webhook.url).href, confirmation)).to.equal(404);
    expect(await post(webhook.url, 'no JSON')).to.equal(500);
    expect(webhook.lines).to.have.length(before);
  });

  it('A message of S3 about a test gives no images', async () => {
    const message = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'local-resizedimagesbucket' };
    const event = { Records: [{ Sns: { Message: JSON.stringify(message) } }] };
    expect(await callHandler('index.mjs', event, pipeline)).to.equal('');
  });

  it('The Lambda handler of docs/announcements.md prints the image that a message of the topic is about', async () => {
    const messages: string[] = [];
    const server = createServer(async (request, response) => {
      messages.push(String(Buffer.concat(await request.toArray())));
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const Endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    const sns = clientOf(pipeline);
    await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'http', Endpoint }));
    const asked = await until(async () => messages[0], 'the confirmation');
    await sns.send(new ConfirmSubscriptionCommand({ TopicArn: TOPIC, Token: JSON.parse(asked).Token }));
    await pipeline.upload('input/by lambda.jpg', picture);
    const Sns = JSON.parse(await until(async () => messages[1], 'the message'));
    const printed = await callHandler('index.mjs', { Records: [{ EventSource: 'aws:sns', Sns }] }, pipeline);
    expect(printed).to.equal('RESIZED input/by lambda.jpg\n');
    server.closeAllConnections();
    server.close();
  });

  it('docs/announcements.md has commands that subscribe a queue, and code that receives from it', async function () {
    if (!hasAwsCli()) return this.skip();
    const printed = run(`${commandsOf('By SQS')}echo "QUEUE=$QUEUE"`);
    const QUEUE = /^QUEUE=(.*)$/m.exec(printed)?.[1] ?? '';
    const receiver = runReceiver('receive.mjs', pipeline, { QUEUE });
    await pipeline.upload('input/by sqs.jpg', picture);
    await until(async () => receiver.statusesOf('input/by sqs.jpg').length > 0, 'the image on the queue');
    await pipeline.remove('input/by sqs.jpg');
    await until(async () => receiver.statusesOf('input/by sqs.jpg').includes('REMOVED'), 'the removal');
    await receiver.close();
  });

  it('docs/announcements.md has commands that subscribe a webhook and confirm it', async function () {
    if (!hasAwsCli()) return this.skip();
    const second = await runWebhook(pipeline);
    const commands = commandsOf('By webhook').split('\n');
    const one = (start: string) => commands.find((line) => line.startsWith(start)) ?? '';
    // The page says that the protocol is http against npm start.
    const subscribe = one('aws sns subscribe').replace('--protocol https', '--protocol http');
    run(subscribe.replace('https://www.example.com/$SECRET', second.url));
    run(one('aws sns confirm-subscription'), { TOKEN: await tokenIn(second.lines) });
    await pipeline.upload('input/by webhook.jpg', picture);
    await until(async () => second.statusesOf('input/by webhook.jpg').length > 0, 'the image');
    await second.close();
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfirmSubscriptionCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishCommand,
  SNSServiceException,
  SubscribeCommand,
  type SubscribeCommandInput,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { expect } from 'chai';
import { type Endpoint, openEndpoint, type Running, start } from './running.ts';
import { INBOX, OTHER, TOPIC, writeDrafts } from './template.ts';

async function failure(call: Promise<unknown>): Promise<SNSServiceException> {
  try {
    await call;
  } catch (error) {
    if (error instanceof SNSServiceException) return error;
    throw error;
  }
  throw new Error('Expected the call to be refused but it succeeded');
}

describe('The local SNS (AWS: Amazon SNS API Reference)', () => {
  let running: Running;
  let endpoint: Endpoint;
  beforeEach(async () => {
    running = await start(writeDrafts());
    endpoint = await openEndpoint();
  });
  afterEach(async () => {
    endpoint.close();
    await running.stop();
  });

  const publish = (Message: string, Subject?: string) =>
    running.sns.send(new PublishCommand({ TopicArn: TOPIC, Message, ...(Subject && { Subject }) }));
  const subscribe = (more: Partial<SubscribeCommandInput> = {}) =>
    running.sns.send(
      new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'http', Endpoint: endpoint.url, ...more }),
    );
  const subscriptions = async () => {
    const { Subscriptions } = await running.sns.send(
      new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC }),
    );
    return Subscriptions ?? [];
  };

  it('a published message is delivered to the queue that the template subscribes, in an envelope', async () => {
    const { MessageId } = await publish('hello <&> d’or\n', 'Greeting');
    const [body = ''] = await running.take('Inbox', 1);
    const { Timestamp, ...envelope } = JSON.parse(body);
    expect(Date.parse(Timestamp)).to.be.closeTo(Date.now(), 20_000);
    expect(envelope).to.deep.include({ MessageId, Subject: 'Greeting', Message: 'hello <&> d’or\n' });
    expect(envelope.UnsubscribeURL).to.include('?Action=Unsubscribe&SubscriptionArn=');
  });

  it('an HTTP endpoint is asked to confirm, and receives nothing else until it has visited the SubscribeURL (API_Subscribe)', async () => {
    expect(await subscribe()).to.include({ SubscriptionArn: 'pending confirmation' });
    const [asked = ''] = await endpoint.bodies(1);
    const confirmation = JSON.parse(asked);
    expect(confirmation).to.deep.include({ Type: 'SubscriptionConfirmation', TopicArn: TOPIC });
    expect(endpoint.posted[0]?.headers).to.include({
      'x-amz-sns-message-type': 'SubscriptionConfirmation',
      'content-type': 'text/plain; charset=UTF-8',
    });
    await publish('too early');
    await running.take('Inbox', 1);
    const answer = await fetch(confirmation.SubscribeURL);
    expect(answer.status).to.equal(200);
    const [arn] = /arn:aws:sns:[^<]+/.exec(await answer.text()) ?? [];
    await publish('in time');
    const [, second = ''] = await endpoint.bodies(2);
    expect(JSON.parse(second)).to.include({ Type: 'Notification', Message: 'in time' });
    expect(endpoint.posted[1]?.headers).to.include({
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-topic-arn': TOPIC,
      'x-amz-sns-subscription-arn': arn,
    });
  });

  it('the token of the confirmation confirms a subscription, and another token is refused (API_ConfirmSubscription)', async () => {
    const { SubscriptionArn } = await subscribe({ ReturnSubscriptionArn: true });
    const { Token } = JSON.parse((await endpoint.bodies(1))[0] ?? '');
    const confirm = (Token: string) =>
      running.sns.send(new ConfirmSubscriptionCommand({ TopicArn: TOPIC, Token }));
    expect(await failure(confirm(`${Token}0`))).to.include({ name: 'InvalidParameterException' });
    expect((await subscriptions()).at(-1)).to.include({ SubscriptionArn: 'PendingConfirmation' });
    expect(await confirm(Token)).to.include({ SubscriptionArn });
    expect((await subscriptions()).at(-1)).to.include({ SubscriptionArn, Protocol: 'http' });
  });

  it('with RawMessageDelivery an endpoint receives the message alone, and a header that says so', async () => {
    await subscribe({ Attributes: { RawMessageDelivery: 'true' } });
    await fetch(JSON.parse((await endpoint.bodies(1))[0] ?? '').SubscribeURL);
    await publish('bare');
    expect((await endpoint.bodies(2))[1]).to.equal('bare');
    expect(endpoint.posted[1]?.headers).to.include({ 'x-amz-sns-rawdelivery': 'true' });
  });

  it('who has unsubscribed, by a call or by the UnsubscribeURL, receives nothing (API_Unsubscribe)', async () => {
    const join = async () => {
      const posts = endpoint.posted.length;
      await subscribe();
      await fetch(JSON.parse((await endpoint.bodies(posts + 1)).at(-1) ?? '').SubscribeURL);
      return (await subscriptions()).at(-1)?.SubscriptionArn;
    };
    const SubscriptionArn = await join();
    await running.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    await join();
    await publish('once');
    const [, , message = ''] = await endpoint.bodies(3);
    await fetch(JSON.parse(message).UnsubscribeURL);
    await publish('nobody');
    await running.take('Inbox', 2);
    expect(endpoint.posted).to.have.length(3);
    expect(await subscriptions()).to.have.length(1);
  });

  it('a queue is subscribed at once, and the same subscription again is the same (API_Subscribe)', async () => {
    const first = await subscribe({ Protocol: 'sqs', Endpoint: OTHER });
    expect(await subscribe({ Protocol: 'sqs', Endpoint: OTHER })).to.include({
      SubscriptionArn: first.SubscriptionArn,
    });
    const different = subscribe({
      Protocol: 'sqs',
      Endpoint: OTHER,
      Attributes: { RawMessageDelivery: 'true' },
    });
    expect((await failure(different)).message).to.match(/already exists with different attributes/);
  });

  it('a queue that a client has created with a policy receives messages', async () => {
    const Endpoint = INBOX.replace('Inbox', 'mine');
    const Statement = {
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: Endpoint,
      Condition: { ArnEquals: { 'aws:SourceArn': TOPIC } },
    };
    await running.createQueue('mine', JSON.stringify({ Version: '2012-10-17', Statement }));
    await subscribe({ Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } });
    await publish('for all');
    expect(await running.take('mine', 1)).to.deep.equal(['for all']);
  });

  it('a queue whose policy does not let SNS send receives nothing, and a warning says why', async () => {
    await subscribe({ Protocol: 'sqs', Endpoint: OTHER });
    await publish('lost');
    while (running.warnings.length === 0) await sleep(10);
    expect(running.warnings).to.deep.equal([
      `${TOPIC}: a message to ${OTHER} is lost: the queue's policy does not let sns.amazonaws.com send for the topic`,
    ]);
  });

  it('an endpoint that answers 404 gets a message once, because SNS takes that for a success', async () => {
    await subscribe();
    await fetch(JSON.parse((await endpoint.bodies(1))[0] ?? '').SubscribeURL);
    endpoint.answer(404);
    await publish('unwanted');
    while (running.warnings.length === 0) await sleep(10);
    expect(running.warnings.join()).to.match(/is lost: it answered 404, which SNS takes for a success/);
    expect(endpoint.posted).to.have.length(2);
  });

  it('the topics and their attributes are listed (API_ListTopics, API_GetTopicAttributes)', async () => {
    const { Topics } = await running.sns.send(new ListTopicsCommand({}));
    expect(Topics).to.deep.equal([{ TopicArn: TOPIC }]);
    await subscribe();
    const { Attributes } = await running.sns.send(new GetTopicAttributesCommand({ TopicArn: TOPIC }));
    expect(Attributes).to.include({
      DisplayName: 'Changes of drafts',
      SubscriptionsConfirmed: '1',
      SubscriptionsPending: '1',
    });
  });

  it('subscriptions and messages that wait for an endpoint survive a restart', async () => {
    await subscribe();
    await fetch(JSON.parse((await endpoint.bodies(1))[0] ?? '').SubscribeURL);
    endpoint.answer(0);
    await running.put('drafts/waiting.md');
    await endpoint.bodies(2);
    const { template, data } = { template: writeDrafts(), data: running.data };
    expect(await running.runtime.stop()).to.include({ notifications: 1 });
    endpoint.answer(200);
    running = await start(template, data);
    const again = await endpoint.bodies(3);
    const [, interrupted, repeated] = again.map((body) => JSON.parse(body));
    expect(repeated.MessageId).to.equal(interrupted.MessageId);
  });

  it('a request without the header Authorization is refused, so that no web page can subscribe', async () => {
    const answer = await fetch(running.runtime.statesUrl, {
      method: 'POST',
      body: new URLSearchParams({ Action: 'ListTopics' }),
    });
    expect(answer.status).to.equal(403);
    const read = await fetch(`${running.runtime.statesUrl}/?Action=ListTopics`);
    expect(read.status).to.equal(404);
  });

  for (const [what, input, message] of [
    [
      'an address of another machine',
      { Endpoint: 'http://example.com/' },
      /expected an http:\/\/ address of/,
    ],
    [
      'an https address',
      { Protocol: 'https', Endpoint: 'https://127.0.0.1/' },
      /not support the protocol https/,
    ],
    ['a Lambda function', { Protocol: 'lambda', Endpoint: 'arn:x' }, /not support the protocol lambda/],
    ['an e-mail address', { Protocol: 'email', Endpoint: 'a@example.com' }, /not support the protocol email/],
    ['an unknown queue', { Protocol: 'sqs', Endpoint: `${INBOX}2` }, /expected the ARN of a queue/],
    ['a filter policy', { Attributes: { FilterPolicy: '{}' } }, /not support the attribute FilterPolicy/],
    ['a topic that does not exist', { TopicArn: `${TOPIC}2` }, /Topic does not exist/],
  ] as const)
    it(`a subscription of ${what} is refused by name (API_Subscribe)`, async () => {
      expect((await failure(subscribe(input))).message).to.match(message);
      expect(await subscriptions()).to.have.length(1);
    });

  it('a message with attributes, an empty one and one that is too long are refused (API_Publish)', async () => {
    for (const [input, message] of [
      [
        { Message: 'x', MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } },
        /not support MessageAttributes/,
      ],
      [{ Message: '' }, /Message/],
      [{ Message: 'x'.repeat(262_145) }, /Message too long/],
    ] as const)
      expect(
        (await failure(running.sns.send(new PublishCommand({ TopicArn: TOPIC, ...input })))).message,
      ).to.match(message);
  });

  it("a subscription of the template is not ended by a call, because the template's is the next start's", async () => {
    const [declared] = await subscriptions();
    const ended = running.sns.send(new UnsubscribeCommand({ SubscriptionArn: declared?.SubscriptionArn }));
    expect((await failure(ended)).message).to.match(/the template declares this subscription/);
  });
});

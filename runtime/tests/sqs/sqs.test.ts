import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { AccessDeniedError, type Authorize } from '../../iam/index.ts';
import { createSqs } from '../../sqs/index.ts';

const QUEUE = {
  logicalId: 'Queue',
  arn: 'arn:aws:sqs:us-east-1:000000000000:Queue',
  url: 'http://127.0.0.1:3000/000000000000/Queue',
  messageRetentionSeconds: 345_600,
  visibilityTimeoutSeconds: 30,
};

interface Message {
  readonly Body: string;
  readonly ReceiptHandle: string;
  readonly Attributes: object;
}

function given(database = new DatabaseSync(':memory:'), settings: Partial<typeof QUEUE> = {}) {
  const authorize: Authorize = (principal, action, resource) => {
    if (principal !== 'administrator' && 'role' in principal)
      throw new AccessDeniedError(`${principal.role}: ${action} on ${resource}`);
  };
  const urlOf = (name: string) => QUEUE.url.replace(/Queue$/, name);
  const sqs = createSqs(database, [{ ...QUEUE, ...settings }], authorize, urlOf);
  const call = (action: string, request: unknown = {}) =>
    sqs.handle(`AmazonSQS.${action}`, request, 'administrator');
  const receive = (more: object = {}): readonly Message[] => {
    const { body } = call('ReceiveMessage', { QueueUrl: QUEUE.url, MaxNumberOfMessages: 10, ...more });
    const { Messages = [] } = body as { readonly Messages?: readonly Message[] };
    return Messages;
  };
  const send = (MessageBody: string) => call('SendMessage', { QueueUrl: QUEUE.url, MessageBody });
  return { sqs, call, receive, send };
}

describe('The local SQS (AWS: Amazon SQS API Reference)', () => {
  it('messages are received as they were sent, the oldest first, and are then hidden (API_ReceiveMessage)', () => {
    const { receive, send } = given();
    expect(send('hello').body).to.include({ MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' });
    send('d’or\n{}');
    expect(receive().map(({ Body }) => Body)).to.deep.equal(['hello', 'd’or\n{}']);
    expect(receive()).to.deep.equal([]);
  });

  it('a message is received again after its VisibilityTimeout, with a higher count (API_ReceiveMessage)', () => {
    const { receive, send } = given();
    send('again');
    receive({ VisibilityTimeout: 0 });
    expect(receive()[0]?.Attributes).to.include({ ApproximateReceiveCount: '2' });
  });

  it('a message is hidden for the VisibilityTimeout of the queue, and dropped after its MessageRetentionPeriod', async () => {
    const seen = given(undefined, { visibilityTimeoutSeconds: 0 });
    seen.send('again');
    expect([...seen.receive(), ...seen.receive()]).to.have.length(2);
    const forgotten = given(undefined, { messageRetentionSeconds: 0 });
    forgotten.send('old');
    await sleep(5);
    expect(forgotten.receive()).to.deep.equal([]);
  });

  it('GetQueueAttributes returns the attributes that were asked for (API_GetQueueAttributes)', () => {
    const { call } = given();
    const asked = (AttributeNames?: string[]) =>
      call('GetQueueAttributes', { QueueUrl: QUEUE.url, ...(AttributeNames && { AttributeNames }) }).body;
    expect(asked(['VisibilityTimeout'])).to.deep.equal({ Attributes: { VisibilityTimeout: '30' } });
    expect(asked()).to.deep.equal({ Attributes: {} });
  });

  it('a fault has the header from which boto3 and the CLI read its code (x-amzn-query-error)', () => {
    const { headers } = given().call('ReceiveMessage', { QueueUrl: 'http://127.0.0.1/other' });
    expect(headers).to.deep.equal({ 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' });
  });

  it('a message is deleted by its last receipt, and not by an older one (API_DeleteMessage)', () => {
    const { call, receive, send } = given();
    send('once');
    const [old] = receive({ VisibilityTimeout: 0 });
    const [last] = receive({ VisibilityTimeout: 0 });
    for (const [message, left] of [
      [old, 1],
      [last, 0],
    ] as const) {
      const { status } = call('DeleteMessage', {
        QueueUrl: QUEUE.url,
        ReceiptHandle: message?.ReceiptHandle,
      });
      expect(status).to.equal(200);
      const { body } = call('GetQueueAttributes', { QueueUrl: QUEUE.url, AttributeNames: ['All'] });
      expect(body).to.have.nested.property('Attributes.ApproximateNumberOfMessages', String(left));
    }
  });

  it('messages are kept for the next process', () => {
    const database = new DatabaseSync(':memory:');
    given(database).send('kept');
    expect(given(database).receive()).to.have.length(1);
  });

  it('the queues are listed and found by name (API_ListQueues, API_GetQueueUrl)', () => {
    const { call } = given();
    expect(call('ListQueues').body).to.deep.equal({ QueueUrls: [QUEUE.url] });
    expect(call('GetQueueUrl', { QueueName: 'Queue' }).body).to.deep.equal({ QueueUrl: QUEUE.url });
  });

  it('a queue can be created with a policy and time-outs, and deleted with its messages (API_CreateQueue, API_DeleteQueue)', () => {
    const database = new DatabaseSync(':memory:');
    const { call } = given(database);
    const Attributes = { Policy: '{"Statement":[]}', VisibilityTimeout: '0' };
    const { body: made } = call('CreateQueue', { QueueName: 'mine', Attributes });
    const QueueUrl = 'http://127.0.0.1:3000/000000000000/mine';
    expect(made).to.deep.equal({ QueueUrl });
    expect(call('CreateQueue', { QueueName: 'mine', Attributes }).body).to.deep.equal(made);
    call('SendMessage', { QueueUrl, MessageBody: 'kept' });

    const next = given(database);
    expect(next.call('ListQueues').body).to.deep.equal({ QueueUrls: [QUEUE.url, QueueUrl] });
    expect(next.call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] }).body)
      .to.have.property('Attributes')
      .that.includes({ ...Attributes, MessageRetentionPeriod: '345600', ApproximateNumberOfMessages: '1' });
    next.call('DeleteQueue', { QueueUrl });
    expect(next.call('ReceiveMessage', { QueueUrl }).status).to.equal(400);
    next.call('CreateQueue', { QueueName: 'mine' });
    expect(next.call('ReceiveMessage', { QueueUrl }).body).to.deep.equal({});
  });

  it('a call that the policies of the role do not allow is refused (API_SendMessage, AccessDenied)', () => {
    const request = { QueueUrl: QUEUE.url, MessageBody: 'x' };
    const { status, body } = given().sqs.handle('AmazonSQS.SendMessage', request, { role: 'Role' });
    expect(status).to.equal(400);
    expect(body).to.deep.equal({
      __type: 'com.amazonaws.sqs#AccessDeniedException',
      message: `Role: sqs:SendMessage on ${QUEUE.arn}`,
    });
  });

  for (const [action, request, type] of [
    ['PurgeQueue', { QueueUrl: QUEUE.url }, 'UnsupportedOperation'],
    ['constructor', { QueueUrl: QUEUE.url }, 'UnsupportedOperation'],
    ['ListQueues', { QueueNamePrefix: 'Q' }, 'UnsupportedOperation'],
    ['CreateQueue', { QueueName: 'Queue' }, 'QueueNameExists'],
    ['CreateQueue', { QueueName: 'a', Attributes: { Policy: 'no JSON' } }, 'InvalidAttributeValue'],
    ['CreateQueue', { QueueName: 'a', Attributes: { DelaySeconds: '1' } }, 'UnsupportedOperation'],
    ['CreateQueue', { QueueName: 'a', Attributes: { VisibilityTimeout: '-1' } }, 'InvalidParameterValue'],
    ['CreateQueue', { QueueName: 'a.fifo' }, 'UnsupportedOperation'],
    ['DeleteQueue', { QueueUrl: QUEUE.url }, 'UnsupportedOperation'],
    ['SendMessage', { QueueUrl: QUEUE.url, MessageBody: 'x', DelaySeconds: 5 }, 'UnsupportedOperation'],
    ['SendMessage', { QueueUrl: QUEUE.url }, 'MissingParameter'],
    ['SendMessage', { QueueUrl: QUEUE.url, MessageBody: 'a\u0001' }, 'InvalidMessageContents'],
    ['SendMessage', { QueueUrl: QUEUE.url, MessageBody: 'x'.repeat(1_048_577) }, 'InvalidParameterValue'],
    ['DeleteMessage', { QueueUrl: QUEUE.url, ReceiptHandle: 'made up' }, 'ReceiptHandleIsInvalid'],
    ['ReceiveMessage', { QueueUrl: 'http://127.0.0.1/other' }, 'QueueDoesNotExist'],
    ['ReceiveMessage', 'no object', 'SerializationException'],
    ['ReceiveMessage', { QueueUrl: QUEUE.url, MaxNumberOfMessages: 100 }, 'InvalidParameterValue'],
    ['ReceiveMessage', { QueueUrl: QUEUE.url, MaxNumberOfMessages: -1 }, 'InvalidParameterValue'],
    ['ReceiveMessage', { QueueUrl: QUEUE.url, VisibilityTimeout: '30' }, 'InvalidParameterValue'],
    ['GetQueueAttributes', { QueueUrl: QUEUE.url, AttributeNames: ['Policy'] }, 'UnsupportedOperation'],
  ] as const)
    it(`${action} of ${JSON.stringify(request).slice(0, 80)} is refused as ${type}`, () => {
      const { status, body } = given().call(action, request);
      expect(status).to.equal(400);
      expect(body).to.have.property('__type', `com.amazonaws.sqs#${type}`);
    });
});

import { expect } from 'chai';
import { bucketsOf } from '../../s3/index.ts';
import { subscriptionsOf, topicsOf } from '../../sns/index.ts';
import { type Template, TemplateError } from '../../template/index.ts';
import { readRunnableAt, readTemplateAt } from '../support/template-file.ts';
import { INBOX, TOPIC, writeDrafts } from './template.ts';

const read = (changes: Readonly<Record<string, string>> = {}): Template =>
  readTemplateAt(writeDrafts(changes));

describe('The topics of a template', () => {
  it('a topic has an ARN and its display name, and a subscription of a queue the same ARN at every start', () => {
    expect(topicsOf(read())).to.deep.equal([
      { logicalId: 'Changes', arn: TOPIC, displayName: 'Changes of drafts' },
    ]);
    const [subscription] = subscriptionsOf(read());
    expect(subscription).to.deep.include({ topicArn: TOPIC, protocol: 'sqs', endpoint: INBOX, isRaw: false });
    expect(subscription?.arn).to.match(/:Changes:[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(subscriptionsOf(read())).to.deep.equal([subscription]);
  });

  it('the property Subscription of a topic declares subscriptions too', () => {
    const inside = '{ DisplayName: x, Subscription: [{ Protocol: sqs, Endpoint: !GetAtt Inbox.Arn }] }';
    const template = read({
      '{ DisplayName: Changes of drafts }': inside,
      '      Protocol: sqs\n': '      Protocol: email\n',
    });
    expect(subscriptionsOf(template).map(({ endpoint }) => endpoint)).to.deep.equal([INBOX]);
  });

  it('a bucket has the configurations of its notifications', () => {
    expect(bucketsOf(read())[0]?.topicConfigurations).to.deep.equal([
      { id: 'Drafts-1', topicArn: TOPIC, event: 'ObjectCreated:*', prefix: 'drafts/', suffix: '.md' },
      { id: 'Drafts-2', topicArn: TOPIC, event: 'ObjectRemoved:*', prefix: '', suffix: '' },
    ]);
  });

  it("a topic's policy may let S3 in for the bucket's ARN, and may let in everybody", () => {
    const account = "{ StringEquals: { 'aws:SourceAccount': !Ref AWS::AccountId } }";
    for (const changes of [
      { [account]: "{ ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:*:*:local-drafts' } }" },
      { '{ Service: s3.amazonaws.com }': "{ AWS: '*' }" },
      { '{ Service: s3.amazonaws.com }': "'*'" },
    ])
      expect(bucketsOf(read(changes))).to.have.length(1);
  });

  const forBucket =
    /^template\.yaml:9: expected a topic whose AWS::SNS::TopicPolicy lets s3\.amazonaws\.com call sns:Publish for Drafts .* found none that does$/;
  for (const [what, changes, message] of [
    ['whose policy lets another service publish', { 's3.amazonaws.com': 'events.amazonaws.com' }, forBucket],
    ['whose policy allows S3 another action', { 'Action: sns:Publish': 'Action: sns:Subscribe' }, forBucket],
    [
      'whose policy lets S3 in for another account',
      { "'aws:SourceAccount': !Ref AWS::AccountId": "'aws:SourceAccount': '1'" },
      forBucket,
    ],
    [
      'whose policy lets S3 in for another bucket',
      {
        "StringEquals: { 'aws:SourceAccount': !Ref AWS::AccountId }":
          "ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::notes' }",
      },
      forBucket,
    ],
    [
      'whose policy belongs to another topic',
      { 'Topics: [!Ref Changes]': 'Topics: [arn:aws:sns:us-east-1:000000000000:Other]' },
      forBucket,
    ],
    [
      'whose policy denies more than requests without TLS',
      { "            Condition: { Bool: { 'aws:SecureTransport': 'false' } }\n": '' },
      /^template\.yaml:\d+: expected a map for .*Condition/,
    ],
    [
      'that the template does not have',
      { 'Topic: !Ref Changes': 'Topic: arn:aws:sns:us-east-1:000000000000:Other' },
      /^template\.yaml:9: expected the ARN of a topic of this template/,
    ],
  ] as const)
    it(`a notification to a topic ${what} is refused by file and line, as S3 refuses it`, () => {
      expect(() => bucketsOf(read(changes))).to.throw(TemplateError, message);
    });

  for (const [what, changes, message] of [
    [
      'of an event that S3 does not send here',
      { 's3:ObjectCreated:*': 's3:ObjectRestore:*' },
      /expected one of s3:ObjectCreated:\*, /,
    ],
    ['with a filter of another name', { 'Name: suffix': 'Name: tag' }, /expected one of prefix, suffix/],
    [
      'that overlaps with another one',
      { 's3:ObjectRemoved:*': 's3:ObjectCreated:Put' },
      /^template\.yaml:10: expected an event, a prefix or a suffix that no other/,
    ],
  ] as const)
    it(`a notification ${what} is refused by file and line`, () => {
      expect(() => bucketsOf(read(changes))).to.throw(TemplateError, message);
    });

  for (const [what, changes, message] of [
    [
      'with a filter policy',
      { '      Protocol: sqs\n': '      Protocol: sqs\n      FilterPolicy: {}\n' },
      /^template\.yaml:\d+: FilterPolicy is not supported here for /,
    ],
    [
      'of a queue whose policy does not let SNS send',
      { 'sns.amazonaws.com': 'events.amazonaws.com' },
      /^template\.yaml:\d+: expected a queue whose AWS::SQS::QueuePolicy lets sns\.amazonaws\.com/,
    ],
    [
      'of a queue whose policy is for another topic',
      { "{ 'aws:SourceArn': !Ref Changes }": "{ 'aws:SourceArn': arn:x }" },
      /found none that does$/,
    ],
  ] as const)
    it(`a subscription ${what} is refused by file and line`, () => {
      expect(() => subscriptionsOf(read(changes))).to.throw(TemplateError, message);
    });

  it('an unsupported property of a topic that a bucket notifies is refused by file and line', () => {
    const changes = { 'DisplayName: Changes of drafts': 'FifoTopic: true' };
    expect(() => topicsOf(readRunnableAt(writeDrafts(changes)))).to.throw(
      TemplateError,
      /^template\.yaml:\d+: FifoTopic is not supported here for Resources\.Changes\.Properties/,
    );
  });
});

describe('The topics of a template that nothing here publishes to', () => {
  const ALARMS = `  Alarms: { Type: AWS::SNS::Topic, Properties: { FifoTopic: true, TopicName: !ImportValue name } }
  AlarmsPolicy: { Type: AWS::SNS::TopicPolicy, Properties: { Topics: [!Ref Alarms], Nonsense: !Base64 x } }
  ToOperator: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref Alarms, Protocol: email, Endpoint: a@example.com } }
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmActions: [!Ref Alarms] } }
  ToInbox:
`;
  const withAlarms = () => readRunnableAt(writeDrafts({ '  ToInbox:\n': ALARMS }));

  it('such topics are left out with their policies and subscriptions, without a reason, whatever they contain', () => {
    expect(withAlarms().leftOut).to.have.deep.members([
      { logicalId: 'Alarms', type: 'AWS::SNS::Topic' },
      { logicalId: 'AlarmsPolicy', type: 'AWS::SNS::TopicPolicy' },
      { logicalId: 'ToOperator', type: 'AWS::SNS::Subscription' },
      { logicalId: 'Alarm', type: 'AWS::CloudWatch::Alarm' },
    ]);
    expect(topicsOf(withAlarms()).map(({ logicalId }) => logicalId)).to.deep.equal(['Changes']);
  });

  it('a subscription by e-mail of a topic that runs is left out with the reason', () => {
    const { leftOut } = readRunnableAt(writeDrafts({ 'Protocol: sqs': 'Protocol: email' }));
    expect(leftOut).to.have.length(1);
    expect(leftOut[0]).to.include({ logicalId: 'ToInbox', type: 'AWS::SNS::Subscription' });
    expect(leftOut[0]?.reason).to.match(
      /^template\.yaml:\d+: a template's messages are delivered only to its queues here$/,
    );
  });

  it('a topic runs if a function that runs refers to it, because the function may publish to it', () => {
    const FUNCTION = `  Writer:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild }
    Properties: { Environment: { Variables: { TOPIC: !Ref Changes } } }
  Drafts:
`;
    const changes = {
      '  Drafts:\n': FUNCTION,
      '      NotificationConfiguration:\n':
        '      NotificationConfiguration: { EventBridgeConfiguration: {} }\n      Tags:\n',
    };
    const { leftOut } = readRunnableAt(writeDrafts(changes));
    expect(leftOut.map(({ logicalId }) => logicalId)).not.to.include('Changes');
  });
});

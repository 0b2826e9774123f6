import { writeTemplate } from '../support/template-file.ts';

/** A bucket that tells a topic of its drafts, and of what is removed; a queue gets the messages of the topic. */
const TEMPLATE = `Resources:
  Drafts:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        TopicConfigurations:
          - Event: s3:ObjectCreated:*
            Filter: { S3Key: { Rules: [{ Name: prefix, Value: drafts/ }, { Name: suffix, Value: .md }] } }
            Topic: !Ref Changes
          - Event: s3:ObjectRemoved:*
            Topic: !Ref Changes
  Changes:
    Type: AWS::SNS::Topic
    Properties: { DisplayName: Changes of drafts }
  ChangesPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Changes]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: { Service: s3.amazonaws.com }
            Action: sns:Publish
            Resource: !Ref Changes
            Condition: { StringEquals: { 'aws:SourceAccount': !Ref AWS::AccountId } }
          - Effect: Deny
            Principal: '*'
            Action: sns:Publish
            Resource: !Ref Changes
            Condition: { Bool: { 'aws:SecureTransport': 'false' } }
  ToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Changes
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
  Inbox:
    Type: AWS::SQS::Queue
  Other:
    Type: AWS::SQS::Queue
  InboxPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Inbox]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: { Service: sns.amazonaws.com }
            Action: sqs:SendMessage
            Resource: !GetAtt Inbox.Arn
            Condition: { ArnEquals: { 'aws:SourceArn': !Ref Changes } }
`;

export const BUCKET = 'local-drafts';
export const TOPIC = 'arn:aws:sns:us-east-1:000000000000:Changes';
const QUEUES = 'arn:aws:sqs:us-east-1:000000000000';
export const INBOX = `${QUEUES}:Inbox`;
/** A queue whose policy lets nobody send. */
export const OTHER = `${QUEUES}:Other`;

/**
 * Writes the template into an empty folder.
 * @param changes what to write in place of texts of the template.
 * @returns the template's path.
 */
export function writeDrafts(changes: Readonly<Record<string, string>> = {}): string {
  const text = Object.entries(changes).reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`expected ${from} in the template, found none`);
    return before.replace(from, () => to);
  }, TEMPLATE);
  return writeTemplate(text);
}

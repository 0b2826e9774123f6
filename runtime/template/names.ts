/** The names and ARNs that CloudFormation would generate. Here each is derived from the logical id alone. */

import { createHash } from 'node:crypto';

export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';

export const PSEUDO_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['AWS::AccountId', ACCOUNT_ID],
  ['AWS::Partition', 'aws'],
  ['AWS::Region', REGION],
  ['AWS::StackName', 'local'],
  ['AWS::StackId', `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/local/local`],
  ['AWS::URLSuffix', 'amazonaws.com'],
]);

interface Naming {
  /** What Ref returns; the logical id by default. */
  readonly ref?: (logicalId: string) => string;
  readonly attributes?: Readonly<Record<string, (logicalId: string) => string>>;
}

const self = (logicalId: string): string => logicalId;
const arn = (service: string, resource: string) => (logicalId: string) =>
  `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}${logicalId}`;

const bucketName = (logicalId: string): string => `local-${logicalId.toLowerCase()}`;
const bucketArn = (logicalId: string): string => `arn:aws:s3:::${bucketName(logicalId)}`;
const roleArn = (logicalId: string): string => `arn:aws:iam::${ACCOUNT_ID}:role/${logicalId}`;
const managedPolicyArn = (logicalId: string): string => `arn:aws:iam::${ACCOUNT_ID}:policy/${logicalId}`;
const stateMachineArn = arn('states', 'stateMachine:');
const ruleArn = arn('events', 'rule/');
const functionArn = arn('lambda', 'function:');
const topicArn = arn('sns', '');
/** SAM's logical id for the alias that AutoPublishAlias names. */
const aliasId = (functionId: string, alias: string): string => `${functionId}Alias${alias}`;
const aliasArn = (functionId: string, alias: string): string => `${functionArn(functionId)}:${alias}`;
const aliasArnOfId = (id: string): string => {
  const [, functionId = id, alias = ''] = /^(.+)Alias(\w+)$/.exec(id) ?? [];
  return aliasArn(functionId, alias);
};

/** SAM's name for the version that it publishes of a function; its logical id contains a hash. */
const versionId = (functionId: string): string => `${functionId}.Version`;
const versionArn = (functionId: string): string => `${functionArn(functionId)}:1`;
const versionArnOfId = (id: string): string => versionArn(id.replace(/\.Version$/, ''));
const layerArn = (id: string): string => `${arn('lambda', 'layer:')(id)}:1`;

/** What CloudFront makes up of letters and digits. */
const madeUpId = (logicalId: string): string =>
  createHash('sha256').update(logicalId).digest('hex').slice(0, 13);
const cloudFrontId = (logicalId: string): string => `E${madeUpId(logicalId).toUpperCase()}`;
const distributionDomain = (logicalId: string): string => `d${madeUpId(logicalId)}.cloudfront.net`;
const cloudFrontArn = (resource: string) => `arn:aws:cloudfront::${ACCOUNT_ID}:${resource}`;
const edgeFunctionArn = (logicalId: string): string => cloudFrontArn(`function/${logicalId}`);
const cloudFrontPolicy: Naming = { ref: cloudFrontId, attributes: { Id: cloudFrontId } };

const stateMachine: Naming = { ref: stateMachineArn, attributes: { Arn: stateMachineArn, Name: self } };
const lambda: Naming = { attributes: { Arn: functionArn } };
const api: Naming = { ref: () => 'local', attributes: { RootResourceId: () => 'root' } };

const NAMINGS: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  [
    'AWS::S3::Bucket',
    {
      ref: bucketName,
      attributes: {
        Arn: bucketArn,
        DomainName: (id) => `${bucketName(id)}.s3.amazonaws.com`,
        RegionalDomainName: (id) => `${bucketName(id)}.s3.${REGION}.amazonaws.com`,
      },
    },
  ],
  ['AWS::SQS::Queue', { attributes: { Arn: arn('sqs', ''), QueueName: self } }],
  [
    'AWS::CloudFront::Distribution',
    { ref: cloudFrontId, attributes: { Id: cloudFrontId, DomainName: distributionDomain } },
  ],
  ['AWS::CloudFront::OriginAccessControl', cloudFrontPolicy],
  ['AWS::CloudFront::CachePolicy', cloudFrontPolicy],
  ['AWS::CloudFront::ResponseHeadersPolicy', cloudFrontPolicy],
  [
    'AWS::CloudFront::Function',
    {
      ref: edgeFunctionArn,
      attributes: { FunctionARN: edgeFunctionArn, 'FunctionMetadata.FunctionARN': edgeFunctionArn },
    },
  ],
  ['AWS::Serverless::StateMachine', stateMachine],
  ['AWS::StepFunctions::StateMachine', stateMachine],
  ['AWS::Serverless::Function', lambda],
  ['AWS::Lambda::Function', lambda],
  ['AWS::Lambda::Alias', { ref: aliasArnOfId }],
  ['AWS::Lambda::Version', { ref: versionArnOfId, attributes: { Version: () => '1' } }],
  ['AWS::Serverless::LayerVersion', { ref: layerArn }],
  ['AWS::Lambda::LayerVersion', { ref: layerArn }],
  ['AWS::Serverless::Api', api],
  ['AWS::ApiGateway::RestApi', api],
  ['AWS::ApiGateway::ApiKey', { attributes: { APIKeyId: self } }],
  ['AWS::IAM::Role', { attributes: { Arn: roleArn } }],
  ['AWS::Events::Rule', { attributes: { Arn: ruleArn } }],
  ['AWS::Logs::LogGroup', { attributes: { Arn: (id) => `${arn('logs', 'log-group:')(id)}:*` } }],
  ['AWS::SNS::Topic', { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: self } }],
  ['AWS::CloudWatch::Alarm', { attributes: { Arn: arn('cloudwatch', 'alarm:') } }],
  // Ref returns the logical id.
  ['AWS::CloudWatch::Dashboard', {}],
  ['AWS::IAM::Policy', {}],
  ['AWS::IAM::RolePolicy', {}],
  ['AWS::IAM::ManagedPolicy', { ref: managedPolicyArn, attributes: { PolicyArn: managedPolicyArn } }],
  ['AWS::S3::BucketPolicy', {}],
  ['AWS::SNS::TopicPolicy', {}],
  ['AWS::SQS::QueuePolicy', {}],
  ['AWS::CloudWatch::CompositeAlarm', { attributes: { Arn: arn('cloudwatch', 'alarm:') } }],
]);

export const nameOf = {
  bucket: bucketName,
  bucketArn,
  roleArn,
  stateMachineArn,
  functionArn,
  aliasId,
  aliasArn,
  versionId,
  versionArn,
  queueArn: arn('sqs', ''),
  ruleArn,
  cloudFrontId,
  distributionArn: (logicalId: string) => cloudFrontArn(`distribution/${cloudFrontId(logicalId)}`),
  distributionDomain,
  edgeFunctionArn,
  topicArn,
} as const;

/** Whether this runtime knows the names of such resources; the values of other types are made up. */
export function isNamed(type: string): boolean {
  return NAMINGS.has(type);
}

/** A plausible value for an attribute of a resource that is left out. */
export function madeUpAttribute(type: string, logicalId: string, attribute: string): string {
  const service = type.split('::')[1]?.toLowerCase() ?? '';
  return attribute.endsWith('Arn') ? arn(service, '')(logicalId) : `${logicalId}.${attribute}`.toLowerCase();
}

/** What `!Ref` returns. */
export function refOf(type: string, logicalId: string, queueUrl: (logicalId: string) => string): string {
  if (type === 'AWS::SQS::Queue') return queueUrl(logicalId);
  return (NAMINGS.get(type)?.ref ?? self)(logicalId);
}

/** What `!GetAtt` returns; undefined if the type has no such attribute here. */
export function attributeOf(
  type: string,
  logicalId: string,
  attribute: string,
  queueUrl: (logicalId: string) => string,
): string | undefined {
  if (type === 'AWS::SQS::Queue' && attribute === 'QueueUrl') return queueUrl(logicalId);
  const attributes = NAMINGS.get(type)?.attributes;
  return attributes && Object.hasOwn(attributes, attribute) ? attributes[attribute]?.(logicalId) : undefined;
}

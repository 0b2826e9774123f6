import { nameOf } from './names.ts';

/** What the runtime runs, or must read to run it. */
export const RUN_HERE: ReadonlySet<string> = new Set([
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Serverless::Api',
  'AWS::Serverless::Function',
  'AWS::Serverless::LayerVersion',
  'AWS::Serverless::StateMachine',
]);

/** What watches, counts, bills or tidies, and carries no image: named at start, and otherwise left alone. */
const NOT_RUN_HERE: readonly string[] = [
  'AWS::ApiGateway::Account',
  'AWS::ApiGateway::ApiKey',
  'AWS::ApiGateway::UsagePlan',
  'AWS::ApiGateway::UsagePlanKey',
  'AWS::Budgets::Budget',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::QueryDefinition',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::XRay::SamplingRule',
];

export function isNotRunHere(type: string): boolean {
  return NOT_RUN_HERE.includes(type);
}

/** The part of an unresolved resource that tells what SAM generates beside it. */
interface Written {
  readonly Type?: unknown;
  readonly Properties?: unknown;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The resources that SAM makes beside those that are written, as far as others refer to them: type by logical id. */
export function generatedBeside(logicalId: string, { Type, Properties }: Written): [string, string][] {
  const properties = isRecord(Properties) ? Properties : {};
  const generated: [string, string][] = [];
  if (Type === 'AWS::Serverless::Function' || Type === 'AWS::Serverless::StateMachine')
    if (!('Role' in properties)) generated.push([`${logicalId}Role`, 'AWS::IAM::Role']);
  if (Type === 'AWS::Serverless::Function' && typeof properties.AutoPublishAlias === 'string')
    generated.push([nameOf.aliasId(logicalId, properties.AutoPublishAlias), 'AWS::Lambda::Alias']);
  if (Type === 'AWS::Serverless::StateMachine' && isRecord(properties.Events))
    for (const [name, event] of Object.entries(properties.Events)) {
      const kind = isRecord(event) ? event.Type : undefined;
      if (kind === 'EventBridgeRule') generated.push([`${logicalId}${name}`, 'AWS::Events::Rule']);
      generated.push([`${logicalId}${name}Role`, 'AWS::IAM::Role']);
    }
  if (Type === 'AWS::Serverless::Api' && typeof properties.StageName === 'string')
    generated.push([`${logicalId}${properties.StageName}Stage`, 'AWS::ApiGateway::Stage']);
  return generated;
}

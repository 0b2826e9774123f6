import { nameOf } from './names.ts';

/** The types that the services here run, or read in order to run others. */
const RUN_HERE: ReadonlySet<unknown> = new Set([
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

/** The parts of a resource that decide whether it is run, before its intrinsics are evaluated. */
export interface WrittenResource {
  readonly Type?: unknown;
  readonly Properties?: unknown;
  readonly Metadata?: unknown;
}

/** Whether a resource is run here. A function is if `sam build` bundles it with esbuild. */
export function isRunHere({ Type, Metadata }: WrittenResource): boolean {
  if (Type === 'AWS::Serverless::Function') return isRecord(Metadata) && Metadata.BuildMethod === 'esbuild';
  return RUN_HERE.has(Type);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The logical ids and types of the resources that SAM generates for a resource and that others may refer to. */
export function generatedBeside(
  logicalId: string,
  { Type, Properties }: WrittenResource,
): [string, string][] {
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

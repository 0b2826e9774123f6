import { nameOf } from './names.ts';

/** The types that the services here run. */
const SERVED: ReadonlySet<unknown> = new Set([
  'AWS::CloudFront::Distribution',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::Serverless::Api',
  'AWS::Serverless::Function',
  'AWS::Serverless::StateMachine',
]);

const SERVING: ReadonlySet<unknown> = new Set([
  'AWS::CloudFront::CachePolicy',
  'AWS::CloudFront::Function',
  'AWS::CloudFront::OriginAccessControl',
  'AWS::CloudFront::ResponseHeadersPolicy',
  'AWS::IAM::Role',
  'AWS::SNS::Topic',
  'AWS::Serverless::LayerVersion',
]);

/** The types of policies that are attached to roles, and the property that names the roles. */
export const ROLE_POLICIES = [
  ['AWS::IAM::ManagedPolicy', 'Roles'],
  ['AWS::IAM::Policy', 'Roles'],
  ['AWS::IAM::RolePolicy', 'RoleName'],
] as const;

/** The property that names what a policy or a subscription belongs to. */
const POLICY_TARGETS: ReadonlyMap<unknown, string> = new Map<string, string>([
  ...ROLE_POLICIES,
  ['AWS::S3::BucketPolicy', 'Bucket'],
  ['AWS::SNS::Subscription', 'TopicArn'],
  ['AWS::SNS::TopicPolicy', 'Topics'],
  ['AWS::SQS::QueuePolicy', 'Queues'],
]);

/** Whether resources of this type run; others, such as roles, policies and layers, only serve those that do. */
export const isServed = (type: string): boolean => SERVED.has(type);

/** Whether a property of a policy or a subscription names what it belongs to. */
export const isPolicyTarget = (type: string, property: string): boolean =>
  POLICY_TARGETS.get(type) === property;

export interface Resource {
  readonly logicalId: string;
  readonly isLeftOut: boolean;
  /** Why it is left out, with file and line, unless resources of its type never run here. */
  readonly reason?: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly line: number;
}

/** The parts of a resource that decide whether it is run, before its intrinsics are evaluated. */
export interface WrittenResource {
  readonly Type?: unknown;
  readonly Properties?: unknown;
  readonly Metadata?: unknown;
}

/**
 * Whether a resource is run here, or read in order to run others. A function is if `sam build` bundles it with esbuild,
 * and a policy is unless it only belongs to users or groups.
 */
export function isRunHere({ Type, Properties, Metadata }: WrittenResource): boolean {
  if (Type === 'AWS::Serverless::Function') return isRecord(Metadata) && Metadata.BuildMethod === 'esbuild';
  if (POLICY_TARGETS.get(Type) === 'Roles') return isRecord(Properties) && 'Roles' in Properties;
  return SERVED.has(Type) || SERVING.has(Type) || POLICY_TARGETS.has(Type);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A resource that SAM generates. */
interface Generated {
  readonly id: string;
  readonly type: string;
  /** What a template may write in place of the logical id: `MyFunction.Alias`. */
  readonly name?: string;
}

/** The resources that SAM generates for a resource and that others may refer to. */
export function generatedBeside(logicalId: string, { Type, Properties }: WrittenResource): Generated[] {
  const properties = isRecord(Properties) ? Properties : {};
  const generated: Generated[] = [];
  if (Type === 'AWS::Serverless::Function' || Type === 'AWS::Serverless::StateMachine')
    if (!('Role' in properties)) generated.push({ id: `${logicalId}Role`, type: 'AWS::IAM::Role' });
  if (Type === 'AWS::Serverless::Function' && typeof properties.AutoPublishAlias === 'string')
    generated.push(
      {
        id: nameOf.aliasId(logicalId, properties.AutoPublishAlias),
        type: 'AWS::Lambda::Alias',
        name: `${logicalId}.Alias`,
      },
      { id: nameOf.versionId(logicalId), type: 'AWS::Lambda::Version', name: `${logicalId}.Version` },
    );
  if (Type === 'AWS::Serverless::StateMachine' && isRecord(properties.Events))
    for (const [name, event] of Object.entries(properties.Events)) {
      const kind = isRecord(event) ? event.Type : undefined;
      if (kind === 'EventBridgeRule')
        generated.push({ id: `${logicalId}${name}`, type: 'AWS::Events::Rule' });
      generated.push({ id: `${logicalId}${name}Role`, type: 'AWS::IAM::Role' });
    }
  if (Type === 'AWS::Serverless::Api' && typeof properties.StageName === 'string')
    generated.push({ id: `${logicalId}${properties.StageName}Stage`, type: 'AWS::ApiGateway::Stage' });
  return generated;
}

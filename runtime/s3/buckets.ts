import type { Template, Value } from '../template/index.ts';
import { bucketPoliciesOf, checkDeny, nameOf, resourcesOf } from '../template/index.ts';
import { type TopicConfiguration, topicConfigurationsOf } from './topic-notifications.ts';

export interface Bucket {
  readonly logicalId: string;
  readonly name: string;
  /** Whether its events go to EventBridge. */
  readonly sendsEvents: boolean;
  /** Which of its events go to topics. */
  readonly topicConfigurations: readonly TopicConfiguration[];
  /** Whether it keeps old versions of its objects. */
  readonly isVersioned: boolean;
  /** Undefined if it has no CorsConfiguration. */
  readonly corsRules: readonly CorsRule[] | undefined;
}

export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

// Encryption, public access settings and lifecycle rules have no effect on files in a local folder.
const SUPPORTED = [
  'BucketEncryption',
  'CorsConfiguration',
  'LifecycleConfiguration',
  'NotificationConfiguration',
  'OwnershipControls',
  'PublicAccessBlockConfiguration',
  'Tags',
  'VersioningConfiguration',
];

/**
 * The buckets that the template creates, and existing ones that its parameters name.
 * @param bucketParameters the parameters that name existing buckets; an empty value names none.
 * @throws TemplateError
 */
export function bucketsOf(template: Template, bucketParameters: readonly string[] = []): Bucket[] {
  for (const properties of bucketPoliciesOf(template)) checkPolicy(properties);
  const existing = bucketParameters.flatMap((parameter) => template.parameters[parameter] || []);
  // Several parameters may name one bucket.
  return [...createdBuckets(template), ...[...new Set(existing)].map(existingBucket)];
}

/** An existing bucket is created here, too, and sends events to EventBridge: on AWS its owner has to turn them on. */
function existingBucket(name: string): Bucket {
  return {
    logicalId: name,
    name,
    sendsEvents: true,
    topicConfigurations: [],
    isVersioned: false,
    corsRules: undefined,
  };
}

/** Services that run here and call with a role, whose policies decide: a bucket policy for them is refused. */
const SERVICES_WITH_ROLES = ['apigateway', 'events', 'lambda', 'sns', 'sqs', 'states'].map(
  (name) => `${name}.amazonaws.com`,
);

/**
 * A bucket policy may deny what does not come over TLS, which has no effect on one machine, and let in services that
 * call without a role: CloudFront, and those that do not run here.
 */
function checkPolicy(properties: Value): void {
  const statements = properties.only(['Bucket', 'PolicyDocument']).at('PolicyDocument').at('Statement');
  for (const statement of statements.listOrOne()) {
    if (statement.at('Effect').oneOf(['Allow', 'Deny']) === 'Deny') checkDeny(statement);
    else checkAllow(statement.at('Principal'));
  }
}

function checkAllow(principal: Value): void {
  const isWithoutRole = ({ raw }: Value) =>
    typeof raw === 'string' && raw.endsWith('.amazonaws.com') && !SERVICES_WITH_ROLES.includes(raw);
  const services =
    typeof principal.raw === 'object' ? principal.only(['Service']).at('Service').listOrOne() : [];
  if (services.length === 0 || !services.every(isWithoutRole))
    principal.fail('a Service that calls without a role, such as cloudfront.amazonaws.com,');
}

function createdBuckets(template: Template): Bucket[] {
  return resourcesOf(template, 'AWS::S3::Bucket').map(({ logicalId, properties }) => {
    properties.only(SUPPORTED);
    const notifications = properties
      .at('NotificationConfiguration')
      .ifPresent((value) => value.only(['EventBridgeConfiguration', 'TopicConfigurations']));
    const eventBridge = notifications
      ?.at('EventBridgeConfiguration')
      .ifPresent((value) => value.only(['EventBridgeEnabled']));
    const versioning = properties.at('VersioningConfiguration').ifPresent((value) => value.only(['Status']));
    versioning?.at('Status').oneOf(['Enabled']);
    const ownership = properties.at('OwnershipControls').ifPresent((value) => value.only(['Rules']));
    for (const rule of ownership?.at('Rules').list() ?? [])
      rule.at('ObjectOwnership').oneOf(['BucketOwnerEnforced']);
    const cors = properties.at('CorsConfiguration').ifPresent((value) => value.only(['CorsRules']));
    return {
      logicalId,
      name: nameOf.bucket(logicalId),
      // CloudFormation's default for EventBridgeEnabled is true if there is an EventBridgeConfiguration.
      sendsEvents: eventBridge
        ? (eventBridge.at('EventBridgeEnabled').ifPresent((value) => value.boolean()) ?? true)
        : false,
      topicConfigurations:
        notifications
          ?.at('TopicConfigurations')
          .ifPresent((value) => topicConfigurationsOf(template, logicalId, value)) ?? [],
      isVersioned: versioning !== undefined,
      corsRules: cors?.at('CorsRules').list().map(corsRuleOf),
    };
  });
}

function corsRuleOf(rule: Value): CorsRule {
  const texts = (value: Value): string[] => value.list().map(patternOf);
  rule.only(['AllowedHeaders', 'AllowedMethods', 'AllowedOrigins', 'ExposedHeaders', 'Id', 'MaxAge']);
  return {
    allowedOrigins: texts(rule.at('AllowedOrigins')),
    allowedMethods: rule
      .at('AllowedMethods')
      .list()
      .map((item) => item.oneOf(['GET', 'PUT', 'HEAD', 'POST', 'DELETE'])),
    allowedHeaders: rule.at('AllowedHeaders').ifPresent(texts) ?? [],
    exposedHeaders: rule.at('ExposedHeaders').ifPresent(texts) ?? [],
    maxAgeSeconds: rule.at('MaxAge').ifPresent((value) => value.number()),
  };
}

function patternOf(value: Value): string {
  return value.text().split('*').length > 2 ? value.fail('at most one *') : value.text();
}

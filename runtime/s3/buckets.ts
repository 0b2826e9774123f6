import { nameOf } from '../template/names.ts';
import { checkDeny, resourcesOf } from '../template/properties.ts';
import type { Template } from '../template/template.ts';
import type { Value } from '../template/value.ts';

export interface Bucket {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Whether its events go to EventBridge. */
  readonly sendsEvents: boolean;
  readonly isVersioned: boolean;
  /** Undefined where it has no CorsConfiguration. */
  readonly corsRules: readonly CorsRule[] | undefined;
}

export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

// Encryption, public access and life cycle have no meaning for files in a folder of one's own.
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

/** The buckets of the template, and those that its parameters bring. */
export function bucketsOf(template: Template): Bucket[] {
  for (const { properties } of resourcesOf(template, 'AWS::S3::BucketPolicy')) checkPolicy(properties);
  return [...createdBuckets(template), ...broughtBuckets(template)];
}

/**
 * A bucket that somebody has on AWS is made here too, and sends its events as its owner has turned them on.
 */
function broughtBuckets(template: Template): Bucket[] {
  const names = Object.entries(template.parameters)
    .filter(([parameter, name]) => /^Existing\w+Bucket$/.test(parameter) && name !== '')
    .map(([, name]) => name);
  // One bucket may be brought for both: its prefixes differ.
  return [...new Set(names)].map((name) => ({
    logicalId: name,
    name,
    arn: `arn:aws:s3:::${name}`,
    sendsEvents: true,
    isVersioned: false,
    corsRules: undefined,
  }));
}

/** A bucket's policy may keep out what does not come over TLS, and nothing else. */
function checkPolicy(properties: Value): void {
  const statements = properties.only(['Bucket', 'PolicyDocument']).at('PolicyDocument').at('Statement');
  for (const statement of statements.listOrOne()) {
    statement.at('Effect').oneOf(['Deny']);
    checkDeny(statement);
  }
}

function createdBuckets(template: Template): Bucket[] {
  return resourcesOf(template, 'AWS::S3::Bucket').map(({ logicalId, properties }) => {
    properties.only(SUPPORTED);
    const notifications = properties
      .at('NotificationConfiguration')
      .ifPresent((value) => value.only(['EventBridgeConfiguration']));
    const eventBridge = notifications
      ?.at('EventBridgeConfiguration')
      .ifPresent((value) => value.only(['EventBridgeEnabled']));
    const versioning = properties.at('VersioningConfiguration').ifPresent((value) => value.only(['Status']));
    const ownership = properties.at('OwnershipControls').ifPresent((value) => value.only(['Rules']));
    for (const rule of ownership?.at('Rules').list() ?? [])
      rule.at('ObjectOwnership').oneOf(['BucketOwnerEnforced']);
    const cors = properties.at('CorsConfiguration').ifPresent((value) => value.only(['CorsRules']));
    return {
      logicalId,
      name: nameOf.bucket(logicalId),
      arn: nameOf.bucketArn(logicalId),
      // CloudFormation's default for EventBridgeEnabled, once the configuration is there, is true.
      sendsEvents: eventBridge
        ? (eventBridge.at('EventBridgeEnabled').ifPresent((value) => value.boolean()) ?? true)
        : false,
      isVersioned: versioning?.at('Status').oneOf(['Enabled', 'Suspended']) === 'Enabled',
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
  return value.text().split('*').length > 2 ? value.fail('one * at most') : value.text();
}

import type { Template } from '../template.ts';
import { nameOf } from './names.ts';
import { resourcesOf } from './properties.ts';
import type { Value } from './value.ts';

export interface Bucket {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Whether its events go to EventBridge. */
  readonly sendsEvents: boolean;
  readonly isVersioned: boolean;
  readonly corsRules: readonly CorsRule[];
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

/** The buckets of the template. */
export function bucketsOf(template: Template): Bucket[] {
  return resourcesOf(template, 'AWS::S3::Bucket').map(({ logicalId, properties }) => {
    properties.only(SUPPORTED);
    const notifications = properties
      .at('NotificationConfiguration')
      .ifPresent((value) => value.only(['EventBridgeConfiguration']));
    const eventBridge = notifications
      ?.at('EventBridgeConfiguration')
      .ifPresent((value) => value.only(['EventBridgeEnabled']));
    const versioning = properties.at('VersioningConfiguration').ifPresent((value) => value.only(['Status']));
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
      corsRules: cors?.at('CorsRules').list().map(corsRuleOf) ?? [],
    };
  });
}

function corsRuleOf(rule: Value): CorsRule {
  const texts = (value: Value): string[] =>
    value.ifPresent((list) => list.list().map((item) => item.text())) ?? [];
  rule.only(['AllowedHeaders', 'AllowedMethods', 'AllowedOrigins', 'ExposedHeaders', 'Id', 'MaxAge']);
  return {
    allowedOrigins: rule
      .at('AllowedOrigins')
      .list()
      .map((item) => item.text()),
    allowedMethods: rule
      .at('AllowedMethods')
      .list()
      .map((item) => item.text()),
    allowedHeaders: texts(rule.at('AllowedHeaders')),
    exposedHeaders: texts(rule.at('ExposedHeaders')),
    maxAgeSeconds: rule.at('MaxAge').ifPresent((value) => value.number()),
  };
}

// Reads a transformed stack for the rules of traps.ts.

import type { Resource } from 'aws-on-one-machine';
import { at, type DeployedStack, entries, items } from './translator.ts';

export function resources({ template }: DeployedStack, type: string): Resource[] {
  return [...template.resources.values()].filter((resource) => resource.type === type);
}

export function properties(
  { template }: DeployedStack,
  logicalId: string,
): Readonly<Record<string, unknown>> {
  return template.resources.get(logicalId)?.properties ?? {};
}

/** An attribute of a resource, such as DeletionPolicy, that cannot contain an intrinsic. */
export function written({ transformed }: DeployedStack, logicalId: string, attribute: string): unknown {
  return at(transformed, 'Resources', logicalId, attribute);
}

export function bucketNames({ template }: DeployedStack): string[] {
  const { OriginalImagesBucketName = '', ResizedImagesBucketName = '' } = template.outputs;
  return [OriginalImagesBucketName, ResizedImagesBucketName];
}

/** The names of the buckets that the stack creates. */
export function bucketIds(stack: DeployedStack): string[] {
  return resources(stack, 'AWS::S3::Bucket').map(({ logicalId }) => `local-${logicalId.toLowerCase()}`);
}

/** Whether a statement of the role allows this. No role of this template has a Deny statement. */
export function may({ roles }: DeployedStack, role: string, action: string, resource: string): boolean {
  return (roles.get(role)?.statements ?? []).some(
    ({ effect, actions, resources: patterns }) =>
      effect === 'Allow' &&
      actions.includes(action) &&
      patterns.some((pattern) =>
        pattern.endsWith('*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern,
      ),
  );
}

export const roleOf = (arn: unknown): string => String(arn).replace(/^.*:role\//, '');
export const text = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));

export function logGroupOf(stack: DeployedStack, arn: unknown): string {
  const logicalId = /:log-group:(\w+):\*$/.exec(String(arn))?.[1] ?? '';
  return String(properties(stack, logicalId).LogGroupName);
}

export function patterns(stack: DeployedStack): [string, unknown][] {
  return resources(stack, 'AWS::Events::Rule').map(({ logicalId, properties: rule }) => [
    logicalId,
    rule.EventPattern,
  ]);
}

export function targets(stack: DeployedStack): [string, unknown][] {
  return resources(stack, 'AWS::Events::Rule').flatMap(({ logicalId, properties: rule }) =>
    items(rule.Targets).map((target): [string, unknown] => [logicalId, target]),
  );
}

export function statementsOf(policy: Readonly<Record<string, unknown>>): unknown[] {
  return items(at(policy, 'PolicyDocument', 'Statement'));
}

/** Whether a statement applies only if the service acts for this account. */
export function namesAccount(statement: unknown): boolean {
  const account = at(statement, 'Condition', 'StringEquals', 'aws:SourceAccount');
  const sources = ['ArnEquals', 'StringEquals'].flatMap((operator) =>
    items(at(statement, 'Condition', operator, 'aws:SourceArn')),
  );
  return (
    account === '000000000000' ||
    (sources.length > 0 && sources.every((arn) => String(arn).split(':')[4] === '000000000000'))
  );
}

export function lettersAreTaken(stack: DeployedStack, rule: string): boolean {
  return resources(stack, 'AWS::SQS::QueuePolicy')
    .flatMap(({ properties: policy }) => statementsOf(policy))
    .some(
      (statement) =>
        at(statement, 'Effect') === 'Allow' &&
        at(statement, 'Principal', 'Service') === 'events.amazonaws.com' &&
        items(at(statement, 'Condition', 'ArnEquals', 'aws:SourceArn')).some((arn) =>
          String(arn).endsWith(`rule/${rule}`),
        ),
    );
}

export function kmsComplaints(stack: DeployedStack, key: string): string[] {
  return [
    ...['ImageResizeFunctionRole', 'ResizeImageStateMachineRole'].flatMap((role) =>
      ['kms:Decrypt', 'kms:GenerateDataKey']
        .filter((action) => !may(stack, role, action, key))
        .map((action) => `${role} may not ${action}`),
    ),
    ...(stack.template.outputs.KmsKeyPolicyStatement
      ? []
      : ['there is no output with the statement for the key policy']),
  ];
}

export function encryptionOf(bucket: Readonly<Record<string, unknown>>): unknown {
  const rule = at(bucket, 'BucketEncryption', 'ServerSideEncryptionConfiguration', 0);
  const { KMSMasterKeyID, SSEAlgorithm } = Object(at(rule, 'ServerSideEncryptionByDefault'));
  return SSEAlgorithm === 'aws:kms' && at(rule, 'BucketKeyEnabled') === true ? KMSMasterKeyID : SSEAlgorithm;
}

export function refusesPlainHttp(stack: DeployedStack, logicalId: string, type: string): boolean {
  return resources(stack, `${type}Policy`)
    .filter(({ properties: { Bucket, Queues, Topics } }) =>
      [Bucket, ...items(Queues), ...items(Topics)].some((name) =>
        String(name).toLowerCase().endsWith(logicalId.toLowerCase()),
      ),
    )
    .flatMap(({ properties: policy }) => statementsOf(policy))
    .some(
      (statement) =>
        at(statement, 'Effect') === 'Deny' &&
        at(statement, 'Principal') === '*' &&
        at(statement, 'Condition', 'Bool', 'aws:SecureTransport') === 'false',
    );
}

export function bodyOf(stack: DeployedStack): unknown {
  return properties(stack, 'ProcessImageApi').Body;
}

export function operations(stack: DeployedStack): [string, unknown][] {
  return entries(at(bodyOf(stack), 'paths')).flatMap(([path, methods]) =>
    entries(methods).map(([method, operation]): [string, unknown] => [`${method} ${path}`, operation]),
  );
}

export function alarms(stack: DeployedStack): Resource[] {
  return resources(stack, 'AWS::CloudWatch::Alarm');
}

export function timeoutOf(stack: DeployedStack): number {
  return Number(properties(stack, 'ImageResizeFunction').Timeout);
}

export function watches(alarm: Resource, metric: string, logicalId: string): boolean {
  return (
    alarm.properties.MetricName === metric &&
    items(alarm.properties.AlarmActions).length > 0 &&
    items(alarm.properties.Dimensions).some((dimension) => String(at(dimension, 'Value')).endsWith(logicalId))
  );
}

/** Every state of every state machine, at any depth. */
function states({ definitions }: DeployedStack): unknown[] {
  const within = (value: unknown): unknown[] =>
    Array.isArray(value)
      ? value.flatMap(within)
      : entries(value).flatMap(([key, inner]) =>
          key === 'States' ? entries(inner).flatMap(([, state]) => [state, ...within(state)]) : within(inner),
        );
  return [...definitions.values()].flatMap(within);
}

export const tasks = (stack: DeployedStack, resource: string): unknown[] =>
  states(stack).filter((state) => String(at(state, 'Resource')).endsWith(resource));
export const maps = (stack: DeployedStack): unknown[] =>
  states(stack).filter((state) => at(state, 'Type') === 'Map');

/** The resources that are part of a circular dependency, or depend on one: CloudFormation cannot create any of them first. */
export function circles({ transformed }: DeployedStack): string[] {
  const all = entries(at(transformed, 'Resources'));
  const names = new Set(all.map(([logicalId]) => logicalId));
  let left = all.map(([logicalId, resource]) => ({
    logicalId,
    needs: [...items(at(resource, 'DependsOn')).map(String), ...referencesIn(resource)].filter((name) =>
      names.has(name),
    ),
  }));
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    const waiting = new Set(left.map(({ logicalId }) => logicalId));
    left = left.filter(({ needs }) => needs.some((name) => waiting.has(name)));
  }
  return left.map(({ logicalId }) => logicalId);
}

/** The names in Ref, GetAtt and Sub, at any depth. */
function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt') return [String(items(inner)[0]).split('.', 1).join()];
    if (key !== 'Fn::Sub') return referencesIn(inner);
    const [text, variables] = items(inner);
    const named = [...String(text).matchAll(/\$\{([^!.}]+)/g)].map(([, name = '']) => name);
    return [...named, ...referencesIn(variables)];
  });
}

// The statements of resources' policies for a service that calls with the ARN of one of its resources, such as CloudFront
// for a distribution. Follows "IAM JSON policy elements" and "AWS global condition context keys" (IAM User Guide).

import { ACCOUNT_ID, bucketPoliciesOf, resourcesOf, type Template, type Value } from '../template/index.ts';
import { compileWildcard } from '../wildcard.ts';
import { actionOf, resourceOf, type Statement } from './roles.ts';

const CLOUDFRONT = 'cloudfront.amazonaws.com';

export interface ResourceStatement extends Statement {
  /** The service that it lets in, such as cloudfront.amazonaws.com. */
  readonly service: string;
  /** Whether it lets the service in for this resource of the service. */
  readonly isFor: (sourceArn: string) => boolean;
}

/**
 * What bucket policies allow to CloudFront; nothing if no distribution runs here.
 * @throws TemplateError for a condition that cannot be evaluated here.
 */
export function resourceStatementsOf(template: Template): ResourceStatement[] {
  if (resourcesOf(template, 'AWS::CloudFront::Distribution').length === 0) return [];
  return bucketPoliciesOf(template)
    .flatMap((properties) => properties.at('PolicyDocument').at('Statement').listOrOne())
    .filter((statement) => statement.at('Effect').raw === 'Allow' && isForCloudFront(statement))
    .map(resourceStatement);
}

function isForCloudFront(statement: Value): boolean {
  const { raw } = statement.at('Principal');
  const service = typeof raw === 'object' && raw !== null && 'Service' in raw ? raw.Service : undefined;
  return Array.isArray(service) ? service.includes(CLOUDFRONT) : service === CLOUDFRONT;
}

function resourceStatement(statement: Value): ResourceStatement {
  statement.only(['Action', 'Condition', 'Effect', 'Principal', 'Resource', 'Sid']);
  const conditions = statement.at('Condition').ifPresent(conditionsOf) ?? [];
  return {
    effect: 'Allow',
    service: CLOUDFRONT,
    actions: statement.at('Action').listOrOne().map(actionOf),
    resources: statement.at('Resource').listOrOne().map(resourceOf),
    isFor: (sourceArn) => conditions.every((holds) => holds(sourceArn)),
  };
}

/** What a service does with a queue or a topic, and the resource on whose behalf it does that. */
export interface ServiceCall {
  /** Such as events.amazonaws.com. */
  readonly service: string;
  /** Such as sqs:SendMessage. */
  readonly action: string;
  /** The ARN of the queue or topic. */
  readonly resource: string;
  /** The ARN that the service sends along as aws:SourceArn. */
  readonly sourceArn: string;
}

/**
 * Whether a statement of the policy of a queue or topic allows a service's call.
 * @throws TemplateError for a condition that cannot be evaluated here.
 */
export function allowsService(statement: Value, call: ServiceCall): boolean {
  const { service, action, resource, sourceArn } = call;
  return (
    statement.at('Effect').text() === 'Allow' &&
    isPrincipal(statement.at('Principal'), service) &&
    texts(statement.at('Action')).some((one) => compileWildcard(one, { ignoresCase: true })(action)) &&
    texts(statement.at('Resource')).some((one) => compileWildcard(one)(resource)) &&
    (statement.at('Condition').ifPresent(conditionsOf) ?? []).every((holds) => holds(sourceArn))
  );
}

/** Whether the principal of a statement is the service, or everybody. */
function isPrincipal(principal: Value, service: string): boolean {
  if (typeof principal.raw === 'string') return principal.raw === '*';
  return texts(principal.at('Service')).includes(service) || texts(principal.at('AWS')).includes('*');
}

const texts = (value: Value): string[] =>
  value.ifPresent((present) => present.listOrOne().map((item) => item.text())) ?? [];

type Condition = (sourceArn: string) => boolean;

/** How each operator compares a value of the request with a value of the policy. */
const OPERATORS: Readonly<Record<string, (wanted: string) => (value: string) => boolean>> = {
  ArnEquals: compileArn,
  ArnLike: compileArn,
  StringEquals: (wanted) => (value) => value === wanted,
  StringLike: (wanted) => compileWildcard(wanted),
};

function conditionsOf(condition: Value): Condition[] {
  condition.only(Object.keys(OPERATORS));
  return condition.entries().flatMap(([operator, keys]) =>
    keys.entries().map(([key, wanted]): Condition => {
      const tests = wanted.listOrOne().map((one) => OPERATORS[operator]?.(one.text()));
      const isAny = (value: string) => tests.some((test) => test?.(value));
      // The names of condition keys have no case.
      if (key.toLowerCase() === 'aws:sourcearn') return isAny;
      if (key.toLowerCase() === 'aws:sourceaccount') return () => isAny(ACCOUNT_ID);
      return wanted.fail('a condition on AWS:SourceArn or AWS:SourceAccount', key);
    }),
  );
}

/** In ArnEquals and ArnLike, which are the same, a wildcard does not reach beyond a colon; the last part has none. */
function compileArn(pattern: string): (arn: string) => boolean {
  const parts = splitArn(pattern).map((part) => compileWildcard(part));
  return (arn) => {
    const values = splitArn(arn);
    return values.length === parts.length && parts.every((matches, index) => matches(values[index] ?? ''));
  };
}

/** The six parts of an ARN. */
function splitArn(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

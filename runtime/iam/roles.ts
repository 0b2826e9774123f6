// The small SAM transform: every role that the deployed stack will have, with its statements.
//
// Covers: the roles that SAM makes for functions, state machines and their EventBridgeRule and Api events; explicit
// AWS::IAM::Role and AWS::IAM::Policy; inline policy documents; the managed policies that SAM adds or this template names.
// Refuses, by name and line: SAM policy templates, other managed policies, permission boundaries, Tracing without a
// Role (what SAM adds depends on whether it is written or comes from a condition), NotAction,
// NotResource, Condition and policy variables. tests/deploy/roles.test.ts holds it against AWS's own translator.
// Follows: "Resource and property reference" (AWS SAM Developer Guide), "IAM JSON policy elements" (IAM User Guide).

import { nameOf } from '../template/names.ts';
import { resourcesOf, roleOfArn } from '../template/properties.ts';
import type { Template } from '../template/template.ts';
import type { Value } from '../template/value.ts';

export interface Role {
  readonly logicalId: string;
  readonly arn: string;
  /** The services that may take it on, such as lambda.amazonaws.com. */
  readonly trustedServices: readonly string[];
  readonly managedPolicies: readonly string[];
  /** All statements: of the managed policies, of its own and of policies that are attached to it. */
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const allow = (actions: readonly string[], resource: string): Statement => ({
  effect: 'Allow',
  actions,
  resources: [resource],
});

/** What AWS's managed policies allow, as the AWS Managed Policy Reference lists it. */
const MANAGED_POLICIES: ReadonlyMap<string, Statement> = new Map([
  [
    'AWSLambdaBasicExecutionRole',
    allow(['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], '*'),
  ],
  [
    'AmazonAPIGatewayPushToCloudWatchLogs',
    allow(
      [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogGroups',
        'logs:DescribeLogStreams',
        'logs:PutLogEvents',
        'logs:GetLogEvents',
        'logs:FilterLogEvents',
      ],
      '*',
    ),
  ],
]);

/** Every role of the deployed stack, by logical id. */
export function rolesOf(template: Template): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  const add = (role: Role): void => {
    roles.set(role.logicalId, role);
  };
  for (const resource of resourcesOf(template, 'AWS::Serverless::Function')) {
    const { logicalId, properties } = resource;
    addGenerated(add, logicalId, properties, 'lambda.amazonaws.com', ['AWSLambdaBasicExecutionRole']);
  }
  for (const { logicalId, properties } of resourcesOf(template, 'AWS::Serverless::StateMachine')) {
    addGenerated(add, logicalId, properties, 'states.amazonaws.com', []);
    for (const [name, event] of properties.at('Events').ifPresent((events) => events.entries()) ?? []) {
      const isRule = event.at('Type').oneOf(['Api', 'EventBridgeRule']) === 'EventBridgeRule';
      const service = isRule ? 'events.amazonaws.com' : 'apigateway.amazonaws.com';
      const starts = allow(['states:StartExecution'], nameOf.stateMachineArn(logicalId));
      add(makeRole(`${logicalId}${name}Role`, [service], [], [starts]));
    }
  }
  for (const resource of resourcesOf(template, 'AWS::IAM::Role')) add(explicitRole(resource));
  for (const { properties } of resourcesOf(template, 'AWS::IAM::Policy')) attach(roles, properties);
  for (const [type, service] of SERVICES)
    for (const { properties } of resourcesOf(template, type))
      properties.at('Role').ifPresent((arn) => assumedRole(arn, roles, service));
  return roles;
}

const SERVICES = [
  ['AWS::Serverless::Function', 'lambda.amazonaws.com'],
  ['AWS::Serverless::StateMachine', 'states.amazonaws.com'],
] as const;

/** The role of that ARN, which the service must be allowed to assume. */
export function assumedRole(arn: Value, roles: ReadonlyMap<string, Role>, service: string): Role {
  const role = roles.get(roleOfArn(arn)) ?? arn.fail('the ARN of a role of this template');
  return role.trustedServices.includes(service)
    ? role
    : arn.fail(`a role that ${service} may assume`, role.logicalId);
}

function makeRole(
  logicalId: string,
  trustedServices: readonly string[],
  managedPolicies: readonly string[],
  own: readonly Statement[],
): Role {
  const managed = managedPolicies.flatMap((name) => MANAGED_POLICIES.get(name) ?? []);
  const arn = nameOf.roleArn(logicalId);
  return { logicalId, arn, trustedServices, managedPolicies, statements: [...managed, ...own] };
}

function addGenerated(
  add: (role: Role) => void,
  logicalId: string,
  properties: Value,
  service: string,
  managed: readonly string[],
): void {
  const policies = properties.at('Policies').ifPresent((value) => value.listOrOne()) ?? [];
  if (!properties.at('Role').isAbsent) {
    // SAM drops Policies without a word where there is a Role.
    for (const policy of policies) policy.fail('no Policies beside a Role, which SAM would drop,');
    return;
  }
  properties.at('Tracing').ifPresent((tracing) => tracing.fail('a Role beside Tracing,', 'none'));
  const named = policies.filter(({ raw }) => typeof raw === 'string').map(managedPolicyOf);
  const inline = policies.filter(({ raw }) => typeof raw !== 'string').flatMap(statementsOf);
  add(makeRole(`${logicalId}Role`, [service], [...new Set([...managed, ...named])], inline));
}

function managedPolicyOf(policy: Value): string {
  const name = policy.text().replace(/^arn:aws:iam::aws:policy\/(service-role\/)?/, '');
  if (MANAGED_POLICIES.has(name)) return name;
  return policy.fail(
    `a policy document, or one of the managed policies ${[...MANAGED_POLICIES.keys()].join(', ')}`,
  );
}

/** SAM takes a managed policy by its name; IAM by its ARN alone. */
function managedPolicyOfArn(arn: Value): string {
  if (!arn.text().startsWith('arn:aws:iam::aws:policy/service-role/')) arn.fail("a managed policy's ARN");
  return managedPolicyOf(arn);
}

function explicitRole({ logicalId, properties }: { logicalId: string; properties: Value }): Role {
  properties.only(['AssumeRolePolicyDocument', 'Description', 'ManagedPolicyArns', 'Policies', 'Tags']);
  const trust = properties.at('AssumeRolePolicyDocument').at('Statement').listOrOne();
  const services = trust.flatMap((statement) => {
    statement.only(['Action', 'Effect', 'Principal', 'Sid']);
    statement.at('Effect').oneOf(['Allow']);
    if (!textsOf(statement.at('Action')).includes('sts:AssumeRole'))
      statement.at('Action').fail('sts:AssumeRole among the actions');
    return textsOf(statement.at('Principal').only(['Service']).at('Service'));
  });
  const managed =
    properties.at('ManagedPolicyArns').ifPresent((value) => value.list().map(managedPolicyOfArn)) ?? [];
  const inline = properties.at('Policies').ifPresent((value) => value.list()) ?? [];
  const statements = inline.flatMap((policy) =>
    statementsOf(policy.only(['PolicyDocument', 'PolicyName']).at('PolicyDocument')),
  );
  return makeRole(logicalId, services, managed, statements);
}

/** Adds an AWS::IAM::Policy to the roles that it names. */
function attach(roles: Map<string, Role>, properties: Value): void {
  properties.only(['PolicyDocument', 'PolicyName', 'Roles']);
  const statements = statementsOf(properties.at('PolicyDocument'));
  for (const name of properties.at('Roles').list()) {
    const role = roles.get(name.text()) ?? name.fail('a role of this template');
    roles.set(role.logicalId, { ...role, statements: [...role.statements, ...statements] });
  }
}

function statementsOf(document: Value): Statement[] {
  document.only(['Id', 'Statement', 'Version']);
  return document
    .at('Statement')
    .listOrOne()
    .map((statement) => {
      statement.only(['Action', 'Effect', 'Resource', 'Sid']);
      return {
        effect: statement.at('Effect').oneOf(['Allow', 'Deny']),
        actions: statement.at('Action').listOrOne().map(actionOf),
        resources: statement.at('Resource').listOrOne().map(resourceOf),
      };
    });
}

function actionOf(action: Value): string {
  const text = action.text();
  return text === '*' || /^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(text)
    ? text
    : action.fail('an action such as s3:GetObject');
}

function resourceOf(resource: Value): string {
  const text = resource.text();
  if (text.includes('${')) resource.fail('a resource without policy variables');
  return text === '*' || text.startsWith('arn:') ? text : resource.fail('an ARN or *');
}

const textsOf = (value: Value): string[] => value.listOrOne().map((item) => item.text());

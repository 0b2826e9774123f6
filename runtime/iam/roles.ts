// The part of SAM's transform that generates roles. Follows "Resource and property reference" (AWS SAM Developer
// Guide) and "IAM JSON policy elements" (IAM User Guide).

import type { Template } from '../template/index.ts';
import { nameOf, ROLE_POLICIES, resourcesOf, roleOfArn, TemplateError, Value } from '../template/index.ts';
import { isTrustedHere } from './trust.ts';

export interface Role {
  readonly logicalId: string;
  readonly arn: string;
  /** The services that may assume it for the local account, such as lambda.amazonaws.com. */
  readonly trustedServices: readonly string[];
  readonly managedPolicies: readonly string[];
  /** From managed policies, inline policies and attached policy resources. */
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

/** What AWS's managed policies allow, from the AWS Managed Policy Reference. */
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

/**
 * Every role of the deployed stack, by logical id.
 * @param isStrict whether unsupported statements are refused also in roles that nothing here assumes.
 * @throws TemplateError
 */
export function rolesOf(template: Template, isStrict = false): ReadonlyMap<string, Role> {
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
  const isAssumed = isStrict ? () => true : assumedHere(template);
  for (const resource of resourcesOf(template, 'AWS::IAM::Role'))
    ifItMatters(isAssumed(resource.logicalId), () => add(explicitRole(resource)));
  for (const [type, target] of ROLE_POLICIES)
    for (const { properties } of resourcesOf(template, type)) {
      const names = properties.at(target).ifPresent((value) => value.listOrOne()) ?? [];
      const isUseless = (name: Value) => !isAssumed(name.text()) && isNameOfRole(name.text(), template);
      const present = names.filter((name) => roles.has(name.text()) || !isUseless(name));
      ifItMatters(!names.every(isUseless), () => attach(roles, properties, present));
    }
  refuseConnectors(template);
  for (const [type, service] of SERVICES)
    for (const { properties } of resourcesOf(template, type))
      properties.at('Role').ifPresent((arn) => assumedRole(arn, roles, service));
  return roles;
}

/** Whether something that runs here can assume a role: it contains the role's ARN, or SAM generates the role for it. */
function assumedHere(template: Template): (logicalId: string) => boolean {
  const here = [...template.resources.values()].filter(
    ({ isLeftOut, type }) => !isLeftOut && !type.startsWith('AWS::IAM::'),
  );
  const text = JSON.stringify(here.map(({ properties }) => properties));
  return (logicalId) =>
    text.includes(`${nameOf.roleArn(logicalId)}"`) ||
    here.some((one) => logicalId === `${one.logicalId}Role`);
}

/** Whether the template defines a role, or SAM generates it for a function that is left out. */
function isNameOfRole(name: string, { resources, leftOut }: Template): boolean {
  return resources.has(name) || leftOut.some(({ logicalId }) => name === `${logicalId}Role`);
}

/** Reads a role or policy. What is not carried out in it matters only if something that runs here gets its permissions. */
function ifItMatters(isAssumed: boolean, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (isAssumed || !(error instanceof TemplateError)) throw error;
  }
}

const SERVICES = [
  ['AWS::Serverless::Function', 'lambda.amazonaws.com'],
  ['AWS::Serverless::StateMachine', 'states.amazonaws.com'],
] as const;

/**
 * The role that an ARN names.
 * @throws TemplateError if there is none, or if the service may not assume it.
 */
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
  inline: readonly Statement[],
): Role {
  const managed = managedPolicies.flatMap((name) => MANAGED_POLICIES.get(name) ?? []);
  const arn = nameOf.roleArn(logicalId);
  return { logicalId, arn, trustedServices, managedPolicies, statements: [...managed, ...inline] };
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
    // SAM silently ignores Policies if there is a Role.
    for (const policy of policies) policy.fail('no Policies beside a Role, which SAM would drop,');
    return;
  }
  // Whether SAM adds permissions for X-Ray depends on whether Tracing is a literal or comes from a condition.
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

/** SAM accepts a managed policy's name; AWS::IAM::Role requires the ARN. */
function managedPolicyOfArn(arn: Value): string {
  if (!arn.text().startsWith('arn:aws:iam::aws:policy/service-role/')) arn.fail("a managed policy's ARN");
  return managedPolicyOf(arn);
}

function explicitRole({ logicalId, properties }: { logicalId: string; properties: Value }): Role {
  properties.only(['AssumeRolePolicyDocument', 'Description', 'ManagedPolicyArns', 'Policies', 'Tags']);
  const trust = properties.at('AssumeRolePolicyDocument').at('Statement').listOrOne();
  const services = trust.flatMap((statement) => {
    statement.only(['Action', 'Condition', 'Effect', 'Principal', 'Sid']);
    statement.at('Effect').oneOf(['Allow']);
    if (!textsOf(statement.at('Action')).includes('sts:AssumeRole'))
      statement.at('Action').fail('sts:AssumeRole among the actions');
    const named = textsOf(statement.at('Principal').only(['Service']).at('Service'));
    return named.filter((service) => isTrustedHere(statement, service));
  });
  const managed =
    properties.at('ManagedPolicyArns').ifPresent((value) => value.list().map(managedPolicyOfArn)) ?? [];
  const inline = properties.at('Policies').ifPresent((value) => value.list()) ?? [];
  const statements = inline.flatMap((policy) =>
    statementsOf(policy.only(['PolicyDocument', 'PolicyName']).at('PolicyDocument')),
  );
  return makeRole(logicalId, services, managed, statements);
}

/** Adds a policy to roles. Its users and groups make no calls here. */
function attach(roles: Map<string, Role>, properties: Value, names: readonly Value[]): void {
  properties.only([
    'Description',
    'Groups',
    'ManagedPolicyName',
    'Path',
    'PolicyDocument',
    'PolicyName',
    'RoleName',
    'Roles',
    'Users',
  ]);
  const statements = statementsOf(properties.at('PolicyDocument'));
  for (const name of names) {
    const role = roles.get(name.text()) ?? name.fail('a role of this template');
    roles.set(role.logicalId, { ...role, statements: [...role.statements, ...statements] });
  }
}

/** A connector would add permissions to its source's role, or to a policy of its destination. */
function refuseConnectors(template: Template): void {
  for (const { logicalId, type, properties } of template.resources.values()) {
    if (type !== 'AWS::Serverless::Connector') continue;
    const connector = new Value(properties, ['Resources', logicalId, 'Properties'], template);
    const ends = [connector.at('Source'), ...connector.at('Destination').listOrOne()];
    const references = template.references.filter(({ usedBy }) => usedBy === logicalId);
    const connected = [...ends.map((end) => end.at('Id').raw), ...references.map((one) => one.logicalId)];
    const running = connected.find((id) => template.resources.get(String(id))?.isLeftOut === false);
    if (running !== undefined)
      connector.fail(`no ${type} of a resource that runs, since it adds permissions,`, String(running));
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

/** @throws TemplateError if it is no action. */
export function actionOf(action: Value): string {
  const text = action.text();
  return text === '*' || /^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(text)
    ? text
    : action.fail('an action such as s3:GetObject');
}

/** @throws TemplateError if it is no ARN, or has a policy variable. */
export function resourceOf(resource: Value): string {
  const text = resource.text();
  if (text.includes('${')) resource.fail('a resource without policy variables');
  return text === '*' || text.startsWith('arn:') ? text : resource.fail('an ARN or *');
}

const textsOf = (value: Value): string[] => value.listOrOne().map((item) => item.text());

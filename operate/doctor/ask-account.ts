// Asks AWS, with the caller's credentials and with calls that change nothing.

import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { APIGatewayClient, GetAccountCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { CloudFrontClient, GetKeyGroupCommand, ListDistributionsCommand } from '@aws-sdk/client-cloudfront';
import { CloudWatchClient, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Plan } from '../deployment.ts';
import type { Account, Caller, Certificate, Key, Permissions, Stack } from './account.ts';
import { answer, exists, named } from './answer.ts';
import { askBucket } from './ask-bucket.ts';

/** The stack of the bucket for artifacts, which SAM makes because of `resolve_s3` in samconfig.toml. */
const ARTIFACTS_STACK = 'aws-sam-cli-managed-default';

/** What a first deployment does, an action or two for each service. */
const ACTIONS = [
  'cloudformation:CreateChangeSet',
  'cloudformation:ExecuteChangeSet',
  's3:CreateBucket',
  's3:PutObject',
  'iam:CreateRole',
  'iam:PutRolePolicy',
  'iam:PassRole',
  'lambda:CreateFunction',
  'lambda:PublishLayerVersion',
  'states:CreateStateMachine',
  'events:PutRule',
  'apigateway:POST',
  'sqs:CreateQueue',
  'sns:CreateTopic',
  'logs:CreateLogGroup',
  'cloudwatch:PutMetricAlarm',
  'cloudwatch:PutDashboard',
];

/** @throws the SDK's error if there are no credentials, or none that work in the region. */
export async function askCaller(region: string): Promise<Caller> {
  const { Account, Arn } = await new STSClient({ region }).send(new GetCallerIdentityCommand({}));
  return { account: Account ?? '', caller: Arn ?? '', region };
}

/** A stack with its resources; undefined if there is none of this name. */
export function askStack(StackName: string, region: string): Promise<Account['stack']> {
  const client = new CloudFormationClient({ region });
  const ask = async (): Promise<Stack | undefined> => {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    if (!stack) return undefined;
    const physicalIds: string[] = [];
    for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
      physicalIds.push(...StackResourceSummaries.map(({ PhysicalResourceId }) => PhysicalResourceId ?? ''));
    return {
      status: stack.StackStatus ?? '',
      parameters: Object.fromEntries(
        (stack.Parameters ?? []).map(({ ParameterKey, ParameterValue }) => [
          ParameterKey ?? '',
          ParameterValue ?? '',
        ]),
      ),
      outputs: (stack.Outputs ?? []).map(({ OutputKey }) => OutputKey ?? ''),
      physicalIds,
    };
  };
  // A ValidationError, as for other mistakes.
  return answer(ask, ({ message }) => message.endsWith('does not exist'));
}

/** @param stack that of the plan's name, which was asked before: the plan depends on its parameters. */
export async function askAccount(plan: Plan, caller: Caller, stack: Account['stack']): Promise<Account> {
  const { region } = caller;
  const { parameters } = plan;
  const isDelivered = parameters.Delivery === 'CLOUDFRONT';
  /** Asks only about what the plan names. */
  const about = <T>(name: string | undefined, ask: (name: string) => Promise<T>) =>
    name ? ask(name) : undefined;
  const [artifacts, permissions, lambda, apiGateway, logGroups, hasDashboard] = await Promise.all([
    askStack(ARTIFACTS_STACK, region),
    askPermissions(caller, actionsOf(parameters)),
    askLambda(region),
    askApiGateway(region),
    askLogGroups(plan.logGroups, region),
    askDashboard(plan.dashboard, region),
  ]);
  const [distributions, certificate, hasKeyGroup, originals, resized, key] = await Promise.all([
    isDelivered ? askDistributions(region) : undefined,
    isDelivered ? about(parameters.ImagesCertificateArn, askCertificate) : undefined,
    isDelivered ? about(parameters.TrustedKeyGroupId, (id) => askKeyGroup(id, region)) : undefined,
    about(parameters.ExistingOriginalImagesBucket, (name) => askBucket(name, caller)),
    about(parameters.ExistingResizedImagesBucket, (name) => askBucket(name, caller)),
    about(parameters.KmsKeyArn, askKey),
  ]);
  return {
    ...caller,
    stack,
    artifacts,
    permissions,
    lambda,
    apiGateway,
    logGroups,
    hasDashboard,
    distributions,
    certificate,
    hasKeyGroup,
    originals,
    resized,
    key,
  };
}

function actionsOf({ Delivery, GradualDeployment }: Plan['parameters']): string[] {
  return [
    ...ACTIONS,
    ...(Delivery === 'CLOUDFRONT' ? ['cloudfront:CreateDistribution'] : []),
    ...(GradualDeployment === 'None' ? [] : ['codedeploy:CreateDeploymentGroup']),
  ];
}

/** Undefined for the root user and for federated users: IAM simulates neither. */
function askPermissions({ caller, region }: Caller, actions: string[]): Promise<Account['permissions']> {
  const client = new IAMClient({ region });
  const askPrincipal = async (): Promise<string | undefined> => {
    const RoleName = /:assumed-role\/([^/]+)\//.exec(caller)?.[1];
    if (RoleName === undefined) return caller.includes(':user/') ? caller : undefined;
    // A role's ARN has its path, and the ARN of its session has not.
    return (await client.send(new GetRoleCommand({ RoleName }))).Role?.Arn;
  };
  return answer(async (): Promise<Permissions | undefined> => {
    const PolicySourceArn = await askPrincipal();
    if (PolicySourceArn === undefined) return undefined;
    const { EvaluationResults = [] } = await client.send(
      new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: actions }),
    );
    const decidedAs = (decision: string) =>
      EvaluationResults.filter(({ EvalDecision }) => EvalDecision === decision).map(
        ({ EvalActionName }) => EvalActionName ?? '',
      );
    return {
      asked: actions.length,
      denied: decidedAs('explicitDeny'),
      notAllowed: decidedAs('implicitDeny'),
    };
  });
}

function askLambda(region: string): Promise<Account['lambda']> {
  return answer(async () => {
    const { AccountLimit } = await new LambdaClient({ region }).send(new GetAccountSettingsCommand({}));
    return {
      concurrent: AccountLimit?.ConcurrentExecutions ?? 0,
      unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? 0,
    };
  });
}

function askApiGateway(region: string): Promise<Account['apiGateway']> {
  return answer(async () => {
    const client = new APIGatewayClient({ region });
    const { cloudwatchRoleArn, throttleSettings } = await client.send(new GetAccountCommand({}));
    return {
      // An account without the role has an empty text or nothing.
      logRole: cloudwatchRoleArn || undefined,
      requestsPerSecond: throttleSettings?.rateLimit ?? Infinity,
      burst: throttleSettings?.burstLimit ?? Infinity,
    };
  });
}

function askLogGroups(names: readonly string[], region: string): Promise<Account['logGroups']> {
  const client = new CloudWatchLogsClient({ region });
  return answer(async () => {
    const answers = await Promise.all(
      names.map((logGroupNamePrefix) => client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }))),
    );
    const found = answers.flatMap(({ logGroups = [] }) => logGroups.map(({ logGroupName }) => logGroupName));
    return names.filter((name) => found.includes(name));
  });
}

function askDashboard(DashboardName: string, region: string): Promise<Account['hasDashboard']> {
  const client = new CloudWatchClient({ region });
  const ask = () => client.send(new GetDashboardCommand({ DashboardName }));
  // Its name depends on the protocol that the SDK speaks.
  return exists(ask, 'DashboardNotFoundError', 'ResourceNotFound');
}

function askDistributions(region: string): Promise<Account['distributions']> {
  return answer(async () => {
    const client = new CloudFrontClient({ region });
    const { DistributionList } = await client.send(new ListDistributionsCommand({ MaxItems: 1 }));
    return DistributionList?.Items?.length ?? 0;
  });
}

function askCertificate(CertificateArn: string): Promise<Account['certificate']> {
  const client = new ACMClient({ region: regionOf(CertificateArn) });
  const ask = async (): Promise<Certificate | undefined> => {
    const { Certificate } = await client.send(new DescribeCertificateCommand({ CertificateArn }));
    return { status: Certificate?.Status ?? '', names: Certificate?.SubjectAlternativeNames ?? [] };
  };
  return answer(ask, named('ResourceNotFoundException'));
}

function askKeyGroup(Id: string, region: string): Promise<Account['hasKeyGroup']> {
  const client = new CloudFrontClient({ region });
  return exists(() => client.send(new GetKeyGroupCommand({ Id })), 'NoSuchResource');
}

function askKey(KeyId: string): Promise<Account['key']> {
  const client = new KMSClient({ region: regionOf(KeyId) });
  const ask = async (): Promise<Key | undefined> => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    const policy = await answer(
      async () => (await client.send(new GetKeyPolicyCommand({ KeyId }))).Policy ?? '',
    );
    return { state: KeyMetadata?.KeyState ?? '', spec: KeyMetadata?.KeySpec ?? '', policy };
  };
  return answer(ask, named('NotFoundException'));
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

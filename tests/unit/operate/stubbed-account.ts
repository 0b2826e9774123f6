import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { APIGatewayClient, GetAccountCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type StackStatus,
} from '@aws-sdk/client-cloudformation';
import { CloudFrontClient, GetKeyGroupCommand, ListDistributionsCommand } from '@aws-sdk/client-cloudfront';
import { CloudWatchClient, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  HeadBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';

export const ACCOUNT = '123456789012';
const ROLE = 'arn:aws:iam::123456789012:role/teams/deployer';

/** An error as the SDK throws it. */
export function awsError(name: string, message = name, status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

/** An AWS account at the SDK's edge: every call of the doctor is answered here, and any other one fails. */
export function stubAccount() {
  const stubs = {
    acm: mockClient(ACMClient),
    apiGateway: mockClient(APIGatewayClient),
    cloudFormation: mockClient(CloudFormationClient),
    cloudFront: mockClient(CloudFrontClient),
    cloudWatch: mockClient(CloudWatchClient),
    iam: mockClient(IAMClient),
    kms: mockClient(KMSClient),
    lambda: mockClient(LambdaClient),
    logs: mockClient(CloudWatchLogsClient),
    s3: mockClient(S3Client),
    sts: mockClient(STSClient),
  };
  const all = Object.values(stubs);
  return {
    ...stubs,

    /** The commands that were sent, by name. */
    sent: (): string[] =>
      all.flatMap((stub) => stub.calls().map(({ args: [command] }) => command.constructor.name)),

    restore(): void {
      for (const stub of all) stub.restore();
    },

    /** An account that is no longer new and has nothing of the stack; a key, a certificate and buckets that are ready. */
    heal(): void {
      for (const stub of all) stub.reset().rejects(new Error('Expected no such call.'));
      stubs.sts.on(GetCallerIdentityCommand).resolves({
        Account: ACCOUNT,
        Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/me`,
      });
      stubs.cloudFormation
        .on(DescribeStacksCommand)
        .callsFake(({ StackName }) => {
          throw awsError('ValidationError', `Stack with id ${StackName} does not exist`);
        })
        .on(ListStackResourcesCommand)
        .resolves({ StackResourceSummaries: [] });
      stubs.iam
        .on(GetRoleCommand, { RoleName: 'deployer' })
        .resolves({
          Role: { Arn: ROLE, Path: '/teams/', RoleName: 'deployer', RoleId: 'A', CreateDate: new Date(0) },
        })
        .on(SimulatePrincipalPolicyCommand, { PolicySourceArn: ROLE })
        .callsFake(({ ActionNames }: { ActionNames: string[] }) => ({
          EvaluationResults: ActionNames.map((EvalActionName) => ({
            EvalActionName,
            EvalDecision: 'allowed',
          })),
        }));
      stubs.lambda
        .on(GetAccountSettingsCommand)
        .resolves({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 } });
      stubs.apiGateway
        .on(GetAccountCommand)
        .resolves({ throttleSettings: { rateLimit: 10_000, burstLimit: 5000 } });
      stubs.logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [] });
      stubs.cloudWatch.on(GetDashboardCommand).rejects(awsError('DashboardNotFoundError'));
      stubs.cloudFront
        .on(ListDistributionsCommand)
        // Only how many there are matters.
        .callsFake(() => ({ DistributionList: { Items: [{}] } }))
        .on(GetKeyGroupCommand)
        .resolves({});
      stubs.acm
        .on(DescribeCertificateCommand)
        .resolves({ Certificate: { Status: 'ISSUED', SubjectAlternativeNames: ['*.example.com'] } });
      stubs.kms
        .on(DescribeKeyCommand)
        .resolves({ KeyMetadata: { KeyId: 'k', KeyState: 'Enabled', KeySpec: 'SYMMETRIC_DEFAULT' } })
        .on(GetKeyPolicyCommand)
        .resolves({
          Policy: '{"Service": ["cloudwatch.amazonaws.com", "cloudfront.amazonaws.com", "s3.amazonaws.com"]}',
        });
      stubs.s3
        .on(HeadBucketCommand)
        .resolves({ BucketRegion: 'eu-central-1' })
        .on(GetBucketNotificationConfigurationCommand)
        .resolves({ EventBridgeConfiguration: {} })
        .on(GetBucketEncryptionCommand)
        .resolves({
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
          },
        })
        .on(GetBucketPolicyCommand)
        .rejects(awsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404))
        .on(GetBucketCorsCommand)
        .rejects(awsError('NoSuchCORSConfiguration', 'The CORS configuration does not exist', 404));
    },

    /** Adds a stack, with the output of this template by which it is recognized. */
    addStack(
      StackName: string,
      StackStatus: StackStatus,
      {
        parameters = {},
        outputs = ['ResizeImageStateMachineArn'],
        resources = [],
      }: { parameters?: Record<string, string>; outputs?: string[]; resources?: string[] } = {},
    ): void {
      const CreationTime = new Date(0);
      stubs.cloudFormation
        .on(DescribeStacksCommand, { StackName })
        .resolves({
          Stacks: [
            {
              StackName,
              StackStatus,
              CreationTime,
              Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
                ParameterKey,
                ParameterValue,
              })),
              Outputs: outputs.map((OutputKey) => ({ OutputKey, OutputValue: 'value' })),
            },
          ],
        })
        .on(ListStackResourcesCommand, { StackName })
        .resolves({
          StackResourceSummaries: resources.map((PhysicalResourceId) => ({
            PhysicalResourceId,
            LogicalResourceId: 'A',
            ResourceType: 'B',
            LastUpdatedTimestamp: CreationTime,
            ResourceStatus: 'CREATE_COMPLETE',
          })),
        });
    },
  };
}

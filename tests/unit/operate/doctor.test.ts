import { DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { GetAccountCommand } from '@aws-sdk/client-api-gateway';
import { GetKeyGroupCommand, ListDistributionsCommand } from '@aws-sdk/client-cloudfront';
import { GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import {
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  HeadBucketCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { expect } from 'chai';
import { readDeployment } from '../../../operate/deployment.ts';
import type { Machine } from '../../../operate/doctor/account.ts';
import { examine, formatReport, isStopped } from '../../../operate/doctor/doctor.ts';
import { ACCOUNT, awsError, stubAccount } from './stubbed-account.ts';

const REGION = 'eu-central-1';
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const DELIVERED = [
  'Delivery=CLOUDFRONT',
  'ImagesDomainName=images.example.com',
  `ImagesCertificateArn=arn:aws:acm:us-east-1:${ACCOUNT}:certificate/5678efgh`,
  'TrustedKeyGroupId=5678efgh',
];
const BROUGHT = [
  'ExistingOriginalImagesBucket=originals-of-mine',
  'ExistingResizedImagesBucket=resized-of-mine',
];

type Stubs = ReturnType<typeof stubAccount>;

interface Case {
  /** Ends "The doctor's report on …". */
  readonly name: string;
  readonly sicken?: (stubs: Stubs) => unknown;
  readonly overrides?: readonly string[];
  readonly machine?: Partial<Machine>;
  /** Null for none at all. */
  readonly region?: string | null;
  readonly stackName?: string;
  /** Every line that is not ok, without its mark. A case with a STOP ends the command with 1. */
  readonly stops?: readonly string[];
  readonly notes?: readonly string[];
}

const denied = () => awsError('AccessDeniedException', 'You may not.', 403);

const SICK: readonly Case[] = [
  // The machine
  {
    name: 'a machine without the SAM CLI and make',
    machine: { sam: undefined, hasMake: false },
    stops: [
      'sam          Install the SAM CLI, 1.170.0 or newer: README.md, "Deploy".',
      'make         Install make: sam build needs it for the layer.',
    ],
  },
  {
    name: 'a machine with an old SAM CLI, whose variables still lead to npm start',
    machine: { sam: '1.99.0', environment: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:4566' } },
    stops: [
      'sam          Upgrade the SAM CLI: 1.99.0 is older than 1.170.0.',
      'endpoint     Unset AWS_ENDPOINT_URL_S3: it leads to npm start, not to AWS.',
    ],
  },
  {
    name: 'a machine without a region',
    region: null,
    stops: ['region       Set AWS_REGION and AWS_DEFAULT_REGION.'],
  },
  {
    name: 'a machine with a region that sam does not read',
    machine: { environment: { AWS_REGION: REGION } },
    stops: ['region       Set AWS_DEFAULT_REGION too: sam does not read AWS_REGION.'],
  },
  {
    name: 'a machine with two regions',
    machine: { environment: { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: REGION } },
    notes: ['region       sam takes AWS_DEFAULT_REGION, eu-central-1, and not us-east-1.'],
  },
  {
    name: 'credentials that have expired',
    sicken: ({ sts }) => sts.on(GetCallerIdentityCommand).rejects(awsError('ExpiredToken')),
    stops: ['credentials  Sign in, or export new ones: ExpiredToken.'],
  },
  // The parameters
  {
    name: 'parameters that the template refuses',
    overrides: ['ApiAuth=ANYBODY', 'MemorySize=512', 'Typo=1'],
    stops: [
      'parameters   Leave out Typo: the template has no such parameter.',
      'parameters   ApiAuth="ANYBODY": expected one of AWS_IAM, API_KEY, NONE.',
      'parameters   MemorySize="512": expected at least 1024.',
    ],
  },
  // What is there already
  {
    name: 'a caller whom policies deny an action, and allow another one for some resources at most',
    sicken: ({ iam }) =>
      iam.on(SimulatePrincipalPolicyCommand).resolves({
        EvaluationResults: [
          { EvalActionName: 'iam:CreateRole', EvalDecision: 'explicitDeny' },
          { EvalActionName: 'lambda:CreateFunction', EvalDecision: 'implicitDeny' },
          { EvalActionName: 'sqs:CreateQueue', EvalDecision: 'allowed' },
        ],
      }),
    stops: ['permissions  Deploy as another: a policy denies iam:CreateRole.'],
    notes: ['permissions  Make sure that you may lambda:CreateFunction.'],
  },
  {
    name: 'a stack whose creation has failed',
    sicken: (stubs) => stubs.addStack('image-pipeline', 'ROLLBACK_COMPLETE'),
    stops: ['stack        ROLLBACK_COMPLETE: run sam delete, then deploy.'],
  },
  {
    name: 'a stack that is being updated',
    sicken: (stubs) => stubs.addStack('image-pipeline', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'),
    stops: ['stack        Wait: UPDATE_COMPLETE_CLEANUP_IN_PROGRESS.'],
  },
  {
    name: 'a stack of another template, and a broken bucket stack of sam',
    sicken: (stubs) => {
      stubs.addStack('image-pipeline', 'CREATE_COMPLETE', { outputs: ['WebsiteUrl'] });
      stubs.addStack('aws-sam-cli-managed-default', 'ROLLBACK_FAILED');
    },
    stops: [
      'stack        Choose a --stack-name: image-pipeline is another stack.',
      'artifacts    Delete the stack aws-sam-cli-managed-default: ROLLBACK_FAILED.',
    ],
  },
  {
    name: 'names that an earlier stack has left behind',
    sicken: ({ logs, cloudWatch }) => {
      const logGroupNamePrefix = '/aws/lambda/image-pipeline-image-resize';
      logs
        .on(DescribeLogGroupsCommand, { logGroupNamePrefix })
        .resolves({ logGroups: [{ logGroupName: logGroupNamePrefix }] });
      cloudWatch.on(GetDashboardCommand, { DashboardName: 'image-pipeline-eu-central-1' }).resolves({});
    },
    stops: [
      'log groups   Delete the log group /aws/lambda/image-pipeline-image-resize.',
      'dashboard    Delete the dashboard image-pipeline-eu-central-1.',
    ],
  },
  // Quotas and settings of the account
  {
    name: 'a new account, with parameters for a larger one',
    overrides: ['ReservedConcurrency=5', 'MaxConcurrency=10', 'MemorySize=4096'],
    sicken: ({ lambda }) =>
      lambda
        .on(GetAccountSettingsCommand)
        .resolves({ AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 } }),
    stops: ['lambda       Set ReservedConcurrency to 0, or ask AWS for more invocations.'],
    notes: [
      'lambda       Set MaxConcurrency to 2: only 5 invocations at once.',
      'memory       If it is refused, set MemorySize to 3008 or ask AWS.',
    ],
  },
  {
    name: 'an account of which others have reserved most invocations',
    overrides: ['MaxConcurrency=100'],
    sicken: ({ lambda }) =>
      lambda
        .on(GetAccountSettingsCommand)
        .resolves({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 120 } }),
    notes: ['lambda       Set MaxConcurrency to 59: only 120 invocations at once.'],
  },
  {
    name: 'access logs in an account without the role of API Gateway',
    overrides: ['ApiAccessLogs=true'],
    stops: ['api          Set SetApiGatewayLogRole=true: the account has no log role.'],
  },
  {
    name: 'an open API above the limits of its account, whose log role is of others',
    overrides: ['ApiAuth=NONE', 'ApiRequestsPerSecond=9000', 'ApiBurst=3000', 'SetApiGatewayLogRole=true'],
    sicken: ({ apiGateway }) =>
      apiGateway.on(GetAccountCommand).resolves({
        cloudwatchRoleArn: `arn:aws:iam::${ACCOUNT}:role/logs-of-everybody`,
        throttleSettings: { rateLimit: 2500, burstLimit: 1250 },
      }),
    notes: [
      "api          Set ApiRequestsPerSecond to 2500, the account's limit.",
      "api          Set ApiBurst to 1250, the account's limit.",
      'api          Anybody may call it at your cost: docs/cost-abuse.md.',
      "api          Replaces the account's log role: logs-of-everybody.",
    ],
  },
  // Delivery
  {
    name: 'a distribution in an account that has none, for a domain without a certificate',
    overrides: ['Delivery=CLOUDFRONT', 'ImagesDomainName=images.example.com'],
    sicken: ({ cloudFront }) => cloudFront.on(ListDistributionsCommand).resolves({}),
    stops: ['certificate  Set ImagesCertificateArn, for images.example.com.'],
    notes: ['cloudfront   If it is refused: AWS Support verifies the account.'],
  },
  {
    name: 'a distribution whose certificate is not validated yet and whose key group is of another account',
    overrides: DELIVERED,
    sicken: ({ acm, cloudFront }) => {
      acm.on(DescribeCertificateCommand).resolves({ Certificate: { Status: 'PENDING_VALIDATION' } });
      cloudFront.on(GetKeyGroupCommand).rejects(awsError('NoSuchResource', 'No such key group.', 404));
    },
    stops: [
      'certificate  Finish its validation first: it is PENDING_VALIDATION.',
      'key group    Set TrustedKeyGroupId to one of this account.',
    ],
  },
  {
    name: 'a distribution with a certificate for another domain',
    overrides: DELIVERED,
    sicken: ({ acm }) =>
      acm
        .on(DescribeCertificateCommand)
        .resolves({ Certificate: { Status: 'ISSUED', SubjectAlternativeNames: ['example.com'] } }),
    stops: ['certificate  Choose another: it is not for images.example.com.'],
  },
  {
    name: 'a distribution with a certificate that does not exist',
    overrides: DELIVERED,
    sicken: ({ acm }) => acm.on(DescribeCertificateCommand).rejects(awsError('ResourceNotFoundException')),
    stops: ['certificate  Set ImagesCertificateArn to one of us-east-1 that exists.'],
  },
  // Buckets of others
  {
    name: 'brought buckets of which one does not exist and one is of another account',
    overrides: BROUGHT,
    sicken: ({ s3 }) => {
      s3.on(HeadBucketCommand, { Bucket: 'originals-of-mine' }).rejects(awsError('NotFound', '', 404));
      s3.on(HeadBucketCommand, { Bucket: 'resized-of-mine', ExpectedBucketOwner: ACCOUNT }).rejects(
        awsError('403', '', 403),
      );
    },
    stops: [
      'originals    Create the bucket originals-of-mine, or name another.',
      'resized      Name another bucket: resized-of-mine is not yours, or hidden.',
    ],
  },
  {
    name: 'brought buckets of another region',
    overrides: BROUGHT,
    sicken: ({ s3 }) => s3.on(HeadBucketCommand).resolves({ BucketRegion: 'us-west-2' }),
    stops: [
      'originals    Name one of eu-central-1: originals-of-mine is in us-west-2.',
      'resized      Name one of eu-central-1: resized-of-mine is in us-west-2.',
    ],
  },
  {
    name: 'brought buckets that nobody has prepared',
    overrides: [
      ...BROUGHT,
      'Announce=true',
      'BrowserUploads=true',
      'CorsOrigin=https://www.example.com',
      'Delivery=CLOUDFRONT',
    ],
    sicken: ({ s3 }) => {
      s3.on(GetBucketNotificationConfigurationCommand).resolves({});
      s3.on(GetBucketCorsCommand).resolves({
        CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }],
      });
    },
    notes: [
      'originals    Afterwards run PrepareExistingBucketsCommands.',
      'originals    Afterwards add ExistingOriginalImagesBucketCorsRule.',
      'resized      Afterwards run PrepareExistingResizedBucketCommands.',
      'resized      Afterwards add ExistingResizedImagesBucketPolicyStatements.',
    ],
  },
  {
    name: 'brought buckets with a key and a policy of their own',
    overrides: ['ExistingOriginalImagesBucket=originals-of-mine'],
    sicken: ({ s3 }) => {
      s3.on(GetBucketEncryptionCommand).resolves({
        ServerSideEncryptionConfiguration: {
          Rules: [
            {
              ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
            },
          ],
        },
      });
      s3.on(GetBucketPolicyCommand).resolves({
        Policy: JSON.stringify({
          Statement: [
            { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
            { Effect: 'Deny', Action: 's3:PutObject', Principal: '*' },
          ],
        }),
      });
    },
    notes: [
      'originals    Set KmsKeyArn to its key, arn:aws:kms:eu-ce…56ef-1234567890ab.',
      'originals    See that no Deny in its policy is for the roles of this stack.',
    ],
  },
  // The key
  {
    name: 'a key of another region',
    overrides: [`KmsKeyArn=${KEY.replace(REGION, 'us-east-1')}`],
    stops: ['kms key      Name a key of eu-central-1: this one is of us-east-1.'],
  },
  {
    name: 'a key that is to be deleted',
    overrides: [`KmsKeyArn=${KEY}`],
    sicken: ({ kms }) =>
      kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: 'k', KeyState: 'PendingDeletion' } }),
    stops: ['kms key      Enable the key: it is PendingDeletion.'],
  },
  {
    name: 'a key that does not exist',
    overrides: [`KmsKeyArn=${KEY}`],
    sicken: ({ kms }) => kms.on(DescribeKeyCommand).rejects(awsError('NotFoundException')),
    stops: ['kms key      Set KmsKeyArn to a key that exists.'],
  },
  {
    name: 'a key that is for signing',
    overrides: [`KmsKeyArn=${KEY}`],
    sicken: ({ kms }) =>
      kms
        .on(DescribeKeyCommand)
        .resolves({ KeyMetadata: { KeyId: 'k', KeyState: 'Enabled', KeySpec: 'RSA_2048' } }),
    stops: ['kms key      Choose a symmetric key: this one is RSA_2048.'],
  },
  {
    name: 'a key whose policy names no service',
    overrides: [`KmsKeyArn=${KEY}`, 'Delivery=CLOUDFRONT'],
    sicken: ({ kms }) => kms.on(GetKeyPolicyCommand).resolves({ Policy: '{}' }),
    notes: ['kms key      Afterwards add the output KmsKeyPolicyStatement.'],
  },
  {
    name: 'a key that S3 may not use for announcements',
    overrides: [`KmsKeyArn=${KEY}`, 'Announce=true'],
    sicken: ({ kms }) => kms.on(GetKeyPolicyCommand).resolves({ Policy: '{}' }),
    stops: ['kms key      Deploy without Announce first, then add KmsKeyPolicyStatement.'],
  },
  // What cannot be found out
  {
    name: 'an account that lets nobody look',
    overrides: [...DELIVERED, ...BROUGHT, `KmsKeyArn=${KEY}`],
    sicken: (stubs) => {
      const { acm, apiGateway, cloudFormation, cloudFront, cloudWatch, iam, kms, lambda, logs, s3 } = stubs;
      for (const stub of [
        acm,
        apiGateway,
        cloudFormation,
        cloudFront,
        cloudWatch,
        iam,
        kms,
        lambda,
        logs,
        s3,
      ])
        stub.reset().rejects(denied());
      s3.on(HeadBucketCommand).resolves({ BucketRegion: REGION });
    },
    notes: [
      'permissions',
      'stack',
      'artifacts',
      'log groups',
      'dashboard',
      'lambda',
      'api',
      'cloudfront',
      'certificate',
      'key group',
      ...['originals', 'originals', 'originals'],
      ...['resized', 'resized', 'resized'],
      'kms key',
    ].map((subject) => `${subject.padEnd(11)}  Look yourself: AWS answered AccessDeniedException.`),
  },
];

describe("The doctor's report", () => {
  const stubs = stubAccount();
  beforeEach(() => stubs.heal());
  after(() => stubs.restore());

  async function examineCase({ overrides = [], machine, region = REGION, stackName }: Partial<Case> = {}) {
    const deployment = readDeployment({ 'parameter-overrides': overrides, 'stack-name': stackName });
    const report = await examine(deployment, region ?? undefined, {
      sam: '1.171.0',
      hasMake: true,
      environment: {},
      ...machine,
    });
    const lines = formatReport(report, deployment);
    for (const line of lines) expect(line.length, line).to.be.at.most(80);
    return { lines, isStopped: isStopped(report), of: (mark: string) => linesOf(lines, mark) };
  }

  it("The doctor's report on a healthy account is a line for each thing that it has looked at", async () => {
    const { lines, isStopped } = await examineCase();
    expect(lines.join('\n')).to.equal(`image-pipeline in eu-central-1, account 123456789012

ok   sam          1.171.0 is new enough.
ok   make         is there.
ok   region       eu-central-1.
ok   parameters   None is named: defaults, or what the stack has.
ok   permissions  17 actions of a deployment are allowed.
ok   stack        image-pipeline will be created.
ok   artifacts    sam deploy will create a bucket for them.
ok   log groups   Their names are free.
ok   dashboard    Its name is free.
ok   lambda       1000 invocations at once; MaxConcurrency can be 499.
ok   api          writes no access logs.

Nothing known stops sam deploy, 0 to know: docs/operate.md.`);
    expect(isStopped).to.equal(false);
  });

  it("The doctor's report on a healthy account finds nothing with every parameter used", async () => {
    stubs.apiGateway
      .on(GetAccountCommand)
      .resolves({ cloudwatchRoleArn: `arn:aws:iam::${ACCOUNT}:role/logs`, throttleSettings: {} });
    stubs.s3
      .on(GetBucketNotificationConfigurationCommand)
      .resolves({
        EventBridgeConfiguration: {},
        TopicConfigurations: [{ Id: 'announce-manifests', TopicArn: 'arn', Events: ['s3:ObjectCreated:*'] }],
      })
      .on(GetBucketCorsCommand)
      .resolves({ CORSRules: [{ AllowedMethods: ['POST'], AllowedOrigins: ['https://*.example.com'] }] })
      .on(GetBucketEncryptionCommand)
      .resolves({
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } }],
        },
      })
      .on(GetBucketPolicyCommand)
      .resolves({ Policy: '{"Statement": {"Principal": {"Service": "cloudfront.amazonaws.com"}}}' });
    const { of, lines } = await examineCase({
      overrides: [
        ...DELIVERED,
        ...BROUGHT,
        `KmsKeyArn=${KEY}`,
        'Announce=true',
        'BrowserUploads=true',
        'CorsOrigin=https://www.example.com',
        'ApiAccessLogs=true',
        'GradualDeployment=Canary10Percent5Minutes',
        'MaxConcurrency=400',
        'MemorySize=10240',
        'ReservedConcurrency=900',
      ],
    });
    expect([...of('STOP'), ...of('note')], lines.join('\n')).to.deep.equal([]);
  });

  for (const { name, sicken = () => {}, stops = [], notes = [], ...rest } of SICK)
    it(`The doctor's report on ${name} says what to do`, async () => {
      await sicken(stubs);
      const { lines, isStopped, of } = await examineCase(rest);
      expect(of('STOP'), lines.join('\n')).to.deep.equal(stops);
      expect(of('note'), lines.join('\n')).to.deep.equal(notes);
      expect(isStopped).to.equal(stops.length > 0);
    });

  it("The doctor's report on a stack that exists counts with its parameters and with what it owns", async () => {
    const logGroupName = '/aws/lambda/image-pipeline-image-resize';
    stubs.addStack('image-pipeline', 'UPDATE_COMPLETE', {
      parameters: { ApiAccessLogs: 'true', ReservedConcurrency: '200', RemovedParameter: 'x' },
      resources: [logGroupName, 'image-pipeline-eu-central-1'],
    });
    stubs.logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [{ logGroupName }] });
    stubs.cloudWatch.on(GetDashboardCommand).resolves({});
    stubs.lambda
      .on(GetAccountSettingsCommand)
      .resolves({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 100 } });
    const { of, lines } = await examineCase();
    // Access logs are on in the stack, although nobody names them now.
    expect(of('STOP')).to.deep.equal([
      'api          Set SetApiGatewayLogRole=true: the account has no log role.',
    ]);
    expect(lines).to.include('ok   stack        image-pipeline will be updated.');
    expect(lines).to.include('ok   lambda       200 invocations at once; MaxConcurrency can be 99.');
  });

  it("The doctor's report keeps to 80 columns by shortening names, whatever they are", async () => {
    const stackName = 'a-'.repeat(64);
    stubs.logs.on(DescribeLogGroupsCommand).callsFake(({ logGroupNamePrefix }) => ({
      logGroups: [{ logGroupName: logGroupNamePrefix }],
    }));
    const { of } = await examineCase({ stackName });
    const [first, ...others] = of('STOP');
    expect(first).to.match(/^log groups {3}Delete the log group \/aws\/vended.*….*-resize-upload\.$/);
    expect(others).to.have.length(2);
  });

  it('The doctor sends no command that changes anything', async () => {
    await examineCase({ overrides: [...DELIVERED, ...BROUGHT, `KmsKeyArn=${KEY}`] });
    expect(stubs.sent()).to.have.length.above(15);
    for (const name of stubs.sent()) expect(name).to.match(/^(Get|Describe|List|Head|Simulate)/);
  });
});

function linesOf(lines: readonly string[], mark: string): string[] {
  return lines.filter((line) => line.startsWith(`${mark} `)).map((line) => line.slice(5));
}

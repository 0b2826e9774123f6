import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { askApiKey } from '../../operate/authorize.ts';
import { type DeployedStack, findQueueUrl, findStack, outputOf } from '../../operate/deployed-stack.ts';
import { askOnce } from './ask-once.ts';
import { costStack } from './costs.ts';
import { readApiAuth } from './local-stack.ts';
import type { StudioTarget } from './target.ts';

/**
 * Finds everything about a stack on AWS from its name, with the credentials of the environment.
 * @param region undefined takes that of the environment or the profile.
 * @throws Error that says in one line what is wrong and what to do: the name, the region, the credentials or a permission.
 */
export async function describeDeployedStack(name: string, region: string | undefined): Promise<StudioTarget> {
  const settings = region ? { region } : {};
  const cloudFormation = new CloudFormationClient(settings);
  try {
    return await describe(await findStack(name, cloudFormation), cloudFormation, settings);
  } catch (error) {
    throw new Error(explain(error, name), { cause: error });
  }
}

async function describe(
  stack: DeployedStack,
  cloudFormation: CloudFormationClient,
  settings: { readonly region?: string },
): Promise<StudioTarget> {
  const { name, parameters, outputs } = stack;
  const processImageUrl = outputOf(stack, 'ProcessImageUrl');
  const s3 = new S3Client(settings);
  return {
    facts: {
      name,
      isLocal: false,
      region: await s3.config.region(),
      originalImagesBucket: outputOf(stack, 'OriginalImagesBucketName'),
      resizedImagesBucket: outputOf(stack, 'ResizedImagesBucketName'),
      resizeImageStateMachineArn: outputOf(stack, 'ResizeImageStateMachineArn'),
      resizeUploadStateMachineArn: outputOf(stack, 'ResizeUploadStateMachineArn'),
      unprocessedUploadsQueueUrl: await findQueueUrl(name, cloudFormation),
      processImageUrl,
      apiAuth: readApiAuth(parameters.ApiAuth),
      ...(outputs.ImagesUrl && { imagesUrl: outputs.ImagesUrl }),
      acceptHeic: parameters.AcceptHeic === 'true',
    },
    costs: askOnce(async () => costStack(parameters)),
    endpoints: {
      ...(await findEndpoints(s3, settings)),
      'execute-api': processImageUrl.replace(/\/process-image$/, ''),
    },
    logGroups: ['resize-image', 'resize-upload'].map(
      (machine) => `/aws/vendedlogs/states/${name}-${machine}`,
    ),
    signing: s3.config,
    apiKey: askOnce(async () => process.env.API_KEY ?? (await askApiKey(name, cloudFormation))),
  };
}

/** Where the SDK sends its requests: it knows the partitions, and the variables and profiles that replace addresses. */
async function findEndpoints(s3: S3Client, settings: { readonly region?: string }) {
  const { config: states } = new SFNClient(settings);
  const { config: sqs } = new SQSClient(settings);
  const { config: logs } = new CloudWatchLogsClient(settings);
  const [s3Endpoint, statesEndpoint, sqsEndpoint, logsEndpoint] = await Promise.all([
    getEndpointFromInstructions({}, GetObjectCommand, { ...s3.config }),
    getEndpointFromInstructions({}, ListExecutionsCommand, { ...states }),
    getEndpointFromInstructions({}, ReceiveMessageCommand, { ...sqs }),
    getEndpointFromInstructions({}, FilterLogEventsCommand, { ...logs }),
  ]);
  return {
    s3: s3Endpoint.url.href,
    states: statesEndpoint.url.href,
    sqs: sqsEndpoint.url.href,
    logs: logsEndpoint.url.href,
  };
}

/** The names under which AWS refuses a token that was good, and credentials that never were. */
const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'SSOTokenProviderFailure'];
const UNKNOWN = [
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
];

/** What went wrong, in one line. */
export function explain(error: unknown, stack: string): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const reason = message.replaceAll(/\s*\n\s*/g, ' ');
  if (/region is missing/i.test(message))
    return 'Expected a region: add --region, or set AWS_REGION or the region of the profile.';
  if (EXPIRED.includes(name) || /expired/i.test(message))
    return `The credentials have expired: sign in again, or set AWS_SESSION_TOKEN anew. AWS says: ${reason}`;
  if (name === 'CredentialsProviderError')
    return `Expected credentials for AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or add --profile. ${reason}`;
  if (UNKNOWN.includes(name)) return `AWS does not know these credentials: ${reason}`;
  if (/^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/.test(name))
    return `These credentials lack a permission: ${reason}`;
  if (name === 'ValidationError' && /does not exist/.test(message))
    return `There is no stack ${stack} in this account and region: check --stack and --region.`;
  if (message === '' || /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/.test(message))
    return `AWS cannot be reached: ${reason || name}. Check the network and the region.`;
  return reason;
}

import {
  type CloudFormationClient,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';

/** A deployed stack, by what it says of itself. */
export interface DeployedStack {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The outputs that every stack of this template has. */
export type OutputName =
  | 'ProcessImageUrl'
  | 'OriginalImagesBucketName'
  | 'ResizedImagesBucketName'
  | 'ResizeImageStateMachineArn'
  | 'ResizeUploadStateMachineArn';

/**
 * Chooses who asks AWS, by a profile, and where: the region of the flag, then AWS_DEFAULT_REGION as sam reads it, then what
 * the SDK finds itself.
 * @returns the settings for each client of the SDK.
 */
export function settingsOf(flags: {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}): { readonly region?: string } {
  if (flags.profile !== undefined) process.env.AWS_PROFILE = flags.profile;
  const region = flags.region ?? process.env.AWS_DEFAULT_REGION;
  return region ? { region } : {};
}

/** @throws Error if there is no stack of this name; the SDK's error if AWS cannot be asked. */
export async function findStack(name: string, client: CloudFormationClient): Promise<DeployedStack> {
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
  if (!stack) throw new Error(`Expected a stack ${name} but there is none.`);
  const { Parameters = [], Outputs = [] } = stack;
  return {
    name,
    parameters: Object.fromEntries(
      Parameters.map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
    ),
    outputs: Object.fromEntries(
      Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
  };
}

/** @throws Error that names the output if the stack has none of this name: then it is of another template. */
export function outputOf({ name, outputs }: DeployedStack, key: OutputName): string {
  const value = outputs[key];
  if (!value) throw new Error(`Expected an output ${key} of the stack ${name} but there is none.`);
  return value;
}

/** The URL of UnprocessedUploadsQueue: the physical id of a queue is its URL. */
export async function findQueueUrl(StackName: string, client: CloudFormationClient): Promise<string> {
  const { StackResourceDetail } = await client.send(
    new DescribeStackResourceCommand({ StackName, LogicalResourceId: 'UnprocessedUploadsQueue' }),
  );
  return StackResourceDetail?.PhysicalResourceId ?? '';
}

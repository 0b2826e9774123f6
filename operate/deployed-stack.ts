import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

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
  | 'ResizeImageStateMachineArn';

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

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { PipelineUnderTest } from './pipeline.ts';

/** What makes a local pipeline a stack on AWS for whoever uses the SDK: CloudFormation knows it. */
export interface StubbedCloudFormation {
  /** The variables with which a process finds the stack, and the local runtime in place of AWS. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): void;
}

/**
 * Serves DescribeStacks: every name is that of a stack with these parameters and with the outputs of the pipeline; and
 * DescribeStackResource, of its queue and of its API key, which API Gateway's GetApiKey tells.
 */
export async function serveStack(
  pipeline: PipelineUnderTest,
  parameters: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>> = {},
): Promise<StubbedCloudFormation> {
  const server = createServer(async (request, response) => {
    const asked = new URLSearchParams(String(Buffer.concat(await request.toArray())));
    if (request.url?.startsWith(`/apikeys/${API_KEY_ID}`))
      return void response.setHeader('content-type', 'application/json').end(JSON.stringify(API_KEY));
    if (asked.get('Action') === 'DescribeStackResource')
      return void response.end(describeResource(asked.get('LogicalResourceId') ?? '', pipeline));
    response.end(
      describeStacks(asked.get('StackName') ?? '', parameters, { ...outputsOf(pipeline), ...outputs }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    environment: {
      AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}`,
      AWS_ENDPOINT_URL_API_GATEWAY: `http://127.0.0.1:${port}`,
      AWS_ENDPOINT_URL_S3: pipeline.addresses.s3,
      AWS_ENDPOINT_URL_SFN: pipeline.addresses.states,
      AWS_ENDPOINT_URL_SQS: pipeline.addresses.states,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: pipeline.addresses.states,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'anybody',
      AWS_SECRET_ACCESS_KEY: 'anything',
    },
    stop: () => server.close(),
  };
}

function outputsOf({ addresses }: PipelineUnderTest): Record<string, string> {
  return {
    ProcessImageUrl: `${addresses.api}/process-image`,
    OriginalImagesBucketName: addresses.originalImagesBucket,
    ResizedImagesBucketName: addresses.resizedImagesBucket,
    ResizeImageStateMachineArn: addresses.resizeImageStateMachineArn,
    ResizeUploadStateMachineArn: addresses.resizeImageStateMachineArn.replace('ResizeImage', 'ResizeUpload'),
  };
}

const API_KEY_ID = 'k3y1d';
/** What `npm start` wants as x-api-key with ApiAuth=API_KEY. */
const API_KEY = { id: API_KEY_ID, value: 'local' };

/** CloudFormation's answer to DescribeStackResource. */
function describeResource(name: string, { addresses }: PipelineUnderTest): string {
  const id =
    name === 'ProcessImageApiKey' ? API_KEY_ID : `${addresses.states}/000000000000/UnprocessedUploadsQueue`;
  return `<DescribeStackResourceResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStackResourceResult><StackResourceDetail>
    <LogicalResourceId>${name}</LogicalResourceId><PhysicalResourceId>${id}</PhysicalResourceId>
    <ResourceType>AWS</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-11-24T00:00:00Z</LastUpdatedTimestamp>
  </StackResourceDetail></DescribeStackResourceResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeStackResourceResponse>`;
}

/** CloudFormation's answer to DescribeStacks, in its Query protocol. */
function describeStacks(
  name: string,
  parameters: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
): string {
  const members = (kind: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values)
      .map(
        ([key, value]) =>
          `<member><${kind}Key>${key}</${kind}Key><${kind}Value>${value}</${kind}Value></member>`,
      )
      .join('');
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
    <StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-24T00:00:00Z</CreationTime>
    <Parameters>${members('Parameter', parameters)}</Parameters><Outputs>${members('Output', outputs)}</Outputs>
  </member></Stacks></DescribeStacksResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeStacksResponse>`;
}

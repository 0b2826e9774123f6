import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Authorize, TargetPipeline } from './pipeline.ts';
import type { Addresses } from './start-command.ts';

class DeployedStack extends TargetPipeline {
  /** Empties both buckets: `openStack` found them empty, so the tests wrote everything that is in them. */
  async stop(): Promise<void> {
    for (const bucket of [this.addresses.originalImagesBucket, this.addresses.resizedImagesBucket])
      await emptyBucket(this.s3, bucket);
  }
}

/**
 * Finds a stack on AWS by its name, with the credentials and the region of the environment.
 * @throws if a bucket of the stack has objects: the tests count the objects, and delete all of them at the end.
 */
export async function openStack(name: string): Promise<TargetPipeline> {
  const cloudFormation = new CloudFormationClient({});
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
  const [{ Outputs = [], Parameters = [] } = {}] = Stacks;
  const optional = (key: string) => Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  const output = (key: string): string => {
    const value = optional(key);
    if (!value) throw new Error(`Expected an output ${key} of the stack ${name} but there is none.`);
    return value;
  };
  const [images, uploads] = [optional('ImagesUrl'), optional('UploadsUrl')];
  const addresses: Addresses = {
    api: output('ProcessImageUrl').replace(/\/process-image$/, ''),
    s3: '',
    states: '',
    originalImagesBucket: output('OriginalImagesBucketName'),
    resizedImagesBucket: output('ResizedImagesBucketName'),
    resizeImageStateMachineArn: output('ResizeImageStateMachineArn'),
    ...(images && { images }),
    ...(uploads && { uploads }),
  };
  const s3 = new S3Client({});
  for (const Bucket of [addresses.originalImagesBucket, addresses.resizedImagesBucket]) {
    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
    if (KeyCount)
      throw new Error(`Expected a stack for tests, with empty buckets, but ${Bucket} has objects.`);
  }
  const apiAuth = Parameters.find(({ ParameterKey }) => ParameterKey === 'ApiAuth')?.ParameterValue;
  return new DeployedStack(addresses, s3, new SFNClient({}), authorizeBy(apiAuth, cloudFormation));
}

function authorizeBy(apiAuth: string | undefined, client: CloudFormationClient): Authorize {
  switch (apiAuth) {
    case 'NONE':
      return async (_, init) => init;
    case 'API_KEY':
      return async (_, init) => {
        const { API_KEY } = process.env;
        if (!API_KEY) throw new Error('Expected the key of ProcessImageApiKey in API_KEY but it is not set.');
        return {
          ...init,
          headers: { ...Object.fromEntries(new Headers(init.headers)), 'x-api-key': API_KEY },
        };
      };
    default:
      return (url, init) => sign(url, init, client);
  }
}

/** Signs a request with Signature Version 4 for execute-api, with the credentials that the SDK has found. */
async function sign(url: string, init: RequestInit, { config }: CloudFormationClient): Promise<RequestInit> {
  const { protocol, hostname, host, port, pathname } = new URL(url);
  const { credentials, region, sha256 } = config;
  const signer = new SignatureV4({ credentials, region, sha256, service: 'execute-api' });
  const { body } = init;
  const { headers } = await signer.sign({
    method: init.method ?? 'GET',
    protocol,
    hostname,
    ...(port && { port: Number(port) }),
    path: pathname,
    query: {},
    headers: { ...Object.fromEntries(new Headers(init.headers)), host },
    ...(body && { body }),
  });
  return { ...init, headers };
}

async function emptyBucket(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) return;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  }
}

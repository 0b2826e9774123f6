import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { authorizeBy } from '../../operate/authorize.ts';
import { findStack, outputOf } from '../../operate/deployed-stack.ts';
import { TargetPipeline } from './pipeline.ts';
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
  const stack = await findStack(name, cloudFormation);
  const { UploadsUrl: uploads } = stack.outputs;
  const addresses: Addresses = {
    api: outputOf(stack, 'ProcessImageUrl').replace(/\/process-image$/, ''),
    s3: '',
    states: '',
    originalImagesBucket: outputOf(stack, 'OriginalImagesBucketName'),
    resizedImagesBucket: outputOf(stack, 'ResizedImagesBucketName'),
    resizeImageStateMachineArn: outputOf(stack, 'ResizeImageStateMachineArn'),
    ...(uploads && { uploads }),
  };
  const s3 = new S3Client({});
  for (const Bucket of [addresses.originalImagesBucket, addresses.resizedImagesBucket]) {
    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
    if (KeyCount)
      throw new Error(`Expected a stack for tests, with empty buckets, but ${Bucket} has objects.`);
  }
  const authorize = authorizeBy(stack.parameters.ApiAuth, name, cloudFormation);
  return new DeployedStack(addresses, s3, new SFNClient({}), authorize);
}

async function emptyBucket(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) return;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  }
}

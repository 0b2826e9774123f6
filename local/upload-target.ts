import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { findQueueUrl, findStack, outputOf, type settingsOf } from '../operate/deployed-stack.ts';
import type { Addresses } from './introduce.ts';
import { askOnce } from './studio/ask-once.ts';
import { type ExecutionsPlace, UploadExecutions } from './upload-executions.ts';
import type { UploadTarget } from './upload-files.ts';

/**
 * On this machine enough to keep every core busy while one file is still being read; on AWS, where an image takes seconds
 * and others share the account's concurrency, enough for ten images each second.
 */
const AT_ONCE = { here: 8, onAws: 24 } as const;

/** How often the executions are looked at, in the log or on the queue. */
const LOOK_PAUSE_MS = { here: 250, onAws: 2000 } as const;

/** The SDK prints a warning for each stream that a stop ends. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Of the runtime of this machine, which takes any credentials. */
const LOCAL = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'administrator', secretAccessKey: 'local' },
};

/** The runtime of this machine. */
export function localTarget(
  { s3, originalImagesBucket, resizedImagesBucket }: Addresses,
  endOf: UploadTarget['endOf'],
): UploadTarget {
  return {
    client: new S3Client({ ...LOCAL, logger: SILENT, endpoint: s3 }),
    originalImagesBucket: originalImagesBucket ?? '',
    resizedImagesBucket: resizedImagesBucket ?? '',
    atOnce: AT_ONCE.here,
    // The renditions may have changed: the pipeline finds out what is up to date.
    skipsStored: false,
    endOf,
  };
}

/** The runtime of this machine in another process, which tells how its executions end as AWS does. */
export function runningTarget(addresses: Addresses, warn: (message: string) => void): UploadTarget {
  const endOf = watchExecutions(
    { ...LOCAL, endpoint: addresses.states },
    {
      stateMachineArn: addresses.resizeUploadStateMachineArn ?? '',
      queueUrl: async () => `${addresses.states}/000000000000/UnprocessedUploadsQueue`,
      pauseMs: LOOK_PAUSE_MS.here,
      warn,
    },
  );
  return localTarget(addresses, endOf);
}

/**
 * A deployed stack, by its name, as the caller of the SDK.
 * @param warn gets what the caller may not ask of it, in one line.
 * @throws Error if there is no such stack, or if it is of another template; the SDK's error if AWS cannot be asked.
 */
export async function stackTarget(
  name: string,
  settings: ReturnType<typeof settingsOf>,
  warn: (message: string) => void,
): Promise<UploadTarget> {
  const cloudFormation = new CloudFormationClient(settings);
  const stack = await findStack(name, cloudFormation);
  const endOf = watchExecutions(settings, {
    stateMachineArn: outputOf(stack, 'ResizeUploadStateMachineArn'),
    queueUrl: askOnce(() => findQueueUrl(name, cloudFormation)),
    pauseMs: LOOK_PAUSE_MS.onAws,
    warn,
  });
  return {
    client: new S3Client({ ...settings, logger: SILENT }),
    originalImagesBucket: outputOf(stack, 'OriginalImagesBucketName'),
    resizedImagesBucket: outputOf(stack, 'ResizedImagesBucketName'),
    atOnce: AT_ONCE.onAws,
    skipsStored: true,
    endOf,
  };
}

function watchExecutions(
  settings: ReturnType<typeof settingsOf> & { readonly endpoint?: string },
  place: Omit<ExecutionsPlace, 'states' | 'logs' | 'sqs'>,
): UploadTarget['endOf'] {
  const executions = new UploadExecutions({
    states: new SFNClient(settings),
    logs: new CloudWatchLogsClient(settings),
    sqs: new SQSClient(settings),
    ...place,
  });
  return (requestId) => executions.endOf(requestId);
}

import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Runtime, RuntimeOptions } from 'aws-on-one-machine';
import { askOnce } from './ask-once.ts';
import type { ApiAuth } from './stack-facts.ts';
import type { StudioTarget } from './target.ts';

/** The stack of `npm start`. @param s3 a client of the runtime, whose credentials sign. */
export function describeLocalStack(
  { apiUrl = '', s3Url, statesUrl, distributions, outputs }: Runtime,
  {
    apiKey,
    dataDirectory,
    parameterOverrides,
  }: Pick<RuntimeOptions, 'apiKey' | 'dataDirectory' | 'parameterOverrides'>,
  s3: S3Client,
): StudioTarget {
  const [images] = distributions;
  const apiAuth = readApiAuth(parameterOverrides.ApiAuth ?? 'NONE');
  return {
    facts: {
      name: 'local',
      isLocal: true,
      region: 'us-east-1',
      originalImagesBucket: outputs.OriginalImagesBucketName ?? '',
      resizedImagesBucket: outputs.ResizedImagesBucketName ?? '',
      resizeImageStateMachineArn: outputs.ResizeImageStateMachineArn ?? '',
      resizeUploadStateMachineArn: outputs.ResizeUploadStateMachineArn ?? '',
      unprocessedUploadsQueueUrl: `${statesUrl}/000000000000/UnprocessedUploadsQueue`,
      processImageUrl: `${apiUrl}/process-image`,
      apiAuth,
      ...(apiAuth === 'API_KEY' && { apiKey }),
      ...(images && { imagesUrl: images.url }),
      acceptHeic: parameterOverrides.AcceptHeic !== 'false',
      functionLog: join(dataDirectory, 'functions/ImageResizeFunction/function.log'),
    },
    // The price list takes longer to read than npm start to start.
    costs: askOnce(async () => (await import('./costs.ts')).costStack(parameterOverrides)),
    endpoints: { s3: s3Url, states: statesUrl, sqs: statesUrl, logs: statesUrl, 'execute-api': apiUrl },
    logGroups: ['resize-image', 'resize-upload'].map((machine) => `/aws/vendedlogs/states/local-${machine}`),
    signing: s3.config,
    apiKey: async () => apiKey,
  };
}

/** What the stack's parameter says; a stack of another template has none, and takes signed requests only. */
export function readApiAuth(parameter: string | undefined): ApiAuth {
  return parameter === 'NONE' || parameter === 'API_KEY' ? parameter : 'AWS_IAM';
}

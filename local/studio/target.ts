import type { S3Client } from '@aws-sdk/client-s3';
import type { StackFacts } from './stack-facts.ts';

export type ServiceName = 's3' | 'states' | 'sqs' | 'logs' | 'execute-api';

/** A stack that the studio shows, and how its requests reach it. */
export interface StudioTarget {
  readonly facts: Omit<StackFacts, 'costs'>;
  /** Apart from the facts, because reading the price list takes longer than everything else. */
  readonly costs: () => Promise<StackFacts['costs']>;
  /** The URL of each service, with the path that all of its requests have; that of the API is without /process-image. */
  readonly endpoints: Readonly<Record<ServiceName, string>>;
  /** The log groups of the state machines. */
  readonly logGroups: readonly string[];
  /** With what requests are signed. */
  readonly signing: Pick<S3Client['config'], 'credentials' | 'region' | 'sha256'>;
  /** The value of x-api-key. Only a stack with `API_KEY` is asked for it. */
  readonly apiKey: () => Promise<string>;
}

import type { Parameters } from './translator.ts';

export const KEY = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd';

/** Parameters of the stacks that the tests deploy, by a description of each. */
export const SETTINGS: ReadonlyMap<string, Parameters> = new Map<string, Parameters>([
  ['the defaults', {}],
  ['an API key', { ApiAuth: 'API_KEY' }],
  ['an API open to anyone', { ApiAuth: 'NONE' }],
  ['pages of one origin', { CorsOrigin: 'https://www.example.com' }],
  ['a KMS key', { KmsKeyArn: KEY }],
  ['delivery', { Delivery: 'CLOUDFRONT', CorsOrigin: 'https://www.example.com' }],
  ['uploads from browsers', { BrowserUploads: 'true', CorsOrigin: 'https://www.example.com' }],
  ['announcements', { Announce: 'true' }],
  ['traces', { Tracing: 'true' }],
  ['no logs of executions', { StateMachineLogLevel: 'OFF' }],
  ['HEIC', { AcceptHeic: 'true' }],
  ['a gradual deployment', { GradualDeployment: 'Canary10Percent5Minutes' }],
  ['access logs', { ApiAccessLogs: 'true', SetApiGatewayLogRole: 'true' }],
  [
    'existing buckets',
    { ExistingOriginalImagesBucket: 'originals-of-mine', ExistingResizedImagesBucket: 'renditions-of-mine' },
  ],
  [
    'existing buckets on web pages',
    {
      Announce: 'true',
      BrowserUploads: 'true',
      CorsOrigin: 'https://www.example.com',
      Delivery: 'CLOUDFRONT',
      ExistingOriginalImagesBucket: 'originals-of-mine',
      ExistingResizedImagesBucket: 'renditions-of-mine',
    },
  ],
  [
    'everything else at once',
    {
      AcceptHeic: 'true',
      AlarmEmail: 'operators@example.com',
      AlarmInvocationsPerHour: '500',
      ApiAccessLogs: 'true',
      Announce: 'true',
      Architecture: 'x86_64',
      BrowserUploads: 'true',
      CorsOrigin: 'https://www.example.com',
      Delivery: 'CLOUDFRONT',
      ExistingOriginalImagesBucket: 'originals-of-mine',
      GradualDeployment: 'Linear10PercentEvery1Minute',
      ImagesCertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/5678efgh',
      ImagesDomainName: 'images.example.com',
      KmsKeyArn: KEY,
      RemoveWithOriginal: 'false',
      ReservedConcurrency: '50',
      StateMachineLogData: 'true',
      StateMachineLogLevel: 'ALL',
      Tracing: 'true',
      TrustedKeyGroupId: '5678efgh-0000-0000-0000-000000000000',
    },
  ],
]);

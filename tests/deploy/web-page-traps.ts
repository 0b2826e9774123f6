// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.
//
// The traps of traps.ts that come with Delivery, BrowserUploads and Announce.

import { namesAccount, resources, statementsOf } from './read-stack.ts';
import { KEY } from './settings.ts';
import { at, type DeployedStack, entries, items } from './translator.ts';
import type { Trap } from './traps.ts';

const DELIVERED = { Delivery: 'CLOUDFRONT' };
const DISTRIBUTION = 'AWS::CloudFront::Distribution';

export const WEB_PAGE_TRAPS: readonly Trap[] = [
  {
    name: 'AWS may refuse a distribution to a new account',
    isForDefaults: true,
    rule: (stack) =>
      resources(stack, DISTRIBUTION).map(({ logicalId }) => `${logicalId} is created by default`),
    falls: [
      {
        from: '    Default: NONE\n    AllowedValues: [NONE, CLOUDFRONT]',
        to: '    Default: CLOUDFRONT\n    AllowedValues: [NONE, CLOUDFRONT]',
      },
    ],
  },
  {
    name: 'CloudFront caches errors for ten seconds, and S3 answers it 403 for a missing object without s3:ListBucket',
    rule: (stack) =>
      resources(stack, DISTRIBUTION).flatMap(({ properties }) => {
        const errors = items(at(properties, 'DistributionConfig', 'CustomErrorResponses'));
        return [
          ...[403, 404, 500, 502, 503, 504]
            .filter(
              (code) =>
                !errors.some((one) => at(one, 'ErrorCode') === code && at(one, 'ErrorCachingMinTTL') === 0),
            )
            .map((code) => `an answer ${code} is cached`),
          ...(stack.parameters.ExistingResizedImagesBucket || reads(stack).includes('s3:ListBucket')
            ? []
            : ['a manifest that is not there yet is 403']),
        ];
      }),
    falls: [
      {
        from: '{ ErrorCode: 404, ErrorCachingMinTTL: 0 }',
        to: '{ ErrorCode: 404, ErrorCachingMinTTL: 10 }',
        parameters: DELIVERED,
      },
      { from: '          - { ErrorCode: 403, ErrorCachingMinTTL: 0 }\n', to: '', parameters: DELIVERED },
      {
        from: '              Action: s3:ListBucket\n              Resource: !GetAtt ResizedImagesBucket.Arn\n',
        to: '              Action: s3:GetBucketLocation\n              Resource: !GetAtt ResizedImagesBucket.Arn\n',
        parameters: DELIVERED,
      },
    ],
  },
  {
    name: 'a distribution that lists the bucket, or reads all of it, publishes results of bulk runs and every key',
    rule: (stack) =>
      resources(stack, DISTRIBUTION).flatMap(({ properties }) => {
        const origins = items(at(properties, 'DistributionConfig', 'Origins'));
        const readable = distributionStatements(stack).filter(
          (statement) => at(statement, 'Action') === 's3:GetObject',
        );
        return [
          ...(origins.every((origin) => at(origin, 'OriginPath') === '/output')
            ? []
            : ['a request for / lists the bucket']),
          ...(origins.every((origin) => String(at(origin, 'OriginAccessControlId')).length > 0)
            ? []
            : ['the origin is read without a signature']),
          ...(readable.every((statement) => String(at(statement, 'Resource')).endsWith('/output/*'))
            ? []
            : ['the distribution may read more than output/']),
          ...distributionStatements(stack)
            .filter((statement) => !isForDistribution(statement))
            .map((statement) => `${at(statement, 'Sid')} lets every distribution in`),
        ];
      }),
    falls: [
      { from: '            OriginPath: /output\n', to: '', parameters: DELIVERED },
      {
        from: '!Sub ${ResizedImagesBucket.Arn}/output/*',
        to: '!Sub ${ResizedImagesBucket.Arn}/*',
        parameters: DELIVERED,
      },
      { from: 'distribution/${ImagesDistribution}', to: 'distribution/*', parameters: DELIVERED },
      {
        from: 'Condition: &forImagesDistribution\n                StringEquals:',
        to: 'Condition: &forImagesDistribution\n                StringLike:',
        parameters: DELIVERED,
      },
    ],
  },
  {
    name: 'CloudFront forwards no query string that its cache policy does not name, and mixes what differs in it',
    rule: (stack) =>
      resources(stack, 'AWS::CloudFront::CachePolicy').flatMap(({ properties }) => {
        const key = at(properties, 'CachePolicyConfig', 'ParametersInCacheKeyAndForwardedToOrigin');
        const names = items(at(key, 'QueryStringsConfig', 'QueryStrings'));
        return [
          ...(names.join() === 'v' ? [] : ['the version is not what tells cached answers apart']),
          ...(at(properties, 'CachePolicyConfig', 'MinTTL') === 0 ? [] : ['a manifest is cached too long']),
        ];
      }),
    falls: [
      {
        from: '{ QueryStringBehavior: whitelist, QueryStrings: [v] }',
        to: '{ QueryStringBehavior: none }',
        parameters: DELIVERED,
      },
      { from: '        MinTTL: 0\n', to: '        MinTTL: 60\n', parameters: DELIVERED },
    ],
  },
  {
    name: 'a KMS key needs a statement for each service that reads or publishes with it',
    rule: (stack) => {
      const { KmsKeyPolicyStatement: text, AnnouncementsTopicArn } = stack.template.outputs;
      if (stack.parameters.KmsKeyArn === undefined) return [];
      const statements = items(JSON.parse(`[${text}]`));
      const isFor = (service: string) =>
        statements.some(
          (statement) => at(statement, 'Principal', 'Service') === service && namesAccount(statement),
        );
      return [
        ...(resources(stack, DISTRIBUTION).length === 0 || isFor('cloudfront.amazonaws.com')
          ? []
          : ['the distribution cannot decrypt']),
        ...(AnnouncementsTopicArn === undefined || isFor('s3.amazonaws.com') ? [] : ['S3 cannot announce']),
        ...(isFor('cloudwatch.amazonaws.com') ? [] : ['CloudWatch cannot publish']),
      ];
    },
    falls: [
      {
        from: '"Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "kms:Decrypt"',
        to: '"Principal": {"Service": "s3.amazonaws.com"}, "Action": "kms:Decrypt"',
        parameters: { ...DELIVERED, KmsKeyArn: KEY },
      },
      {
        from: '"Principal": {"Service": "s3.amazonaws.com"}, "Action": ["kms:Decrypt"',
        to: '"Principal": {"Service": "sns.amazonaws.com"}, "Action": ["kms:Decrypt"',
        parameters: { Announce: 'true', KmsKeyArn: KEY },
      },
    ],
  },
  {
    name: 'a bucket has one policy: a second resource replaces the first',
    rule: (stack) => {
      const buckets = resources(stack, 'AWS::S3::BucketPolicy').map(({ properties }) =>
        String(properties.Bucket),
      );
      return buckets.length === new Set(buckets).size ? [] : ['a bucket has two policies'];
    },
    falls: [
      {
        from: '  # ==== Delivery:',
        to: '  AnotherPolicy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref ResizedImagesBucket\n      PolicyDocument: { Statement: [] }\n\n  # ==== Delivery:',
      },
    ],
  },
  {
    name: 'a form sends no headers of encryption or checksums, so a bucket policy that demands them refuses every upload',
    rule: (stack) =>
      resources(stack, 'AWS::S3::BucketPolicy')
        .flatMap(({ properties }) => statementsOf(properties))
        .filter((statement) => at(statement, 'Effect') === 'Deny')
        .filter((statement) => /s3:x-amz-/.test(JSON.stringify(at(statement, 'Condition'))))
        .map((statement) => `${at(statement, 'Sid')} refuses forms`),
    falls: [
      {
        from: "Bool: { 'aws:SecureTransport': 'false' }",
        to: "Null: { 's3:x-amz-server-side-encryption': 'true' }",
      },
    ],
  },
  {
    name: "S3 refuses a bucket's notification before the topic's policy lets S3 publish",
    rule: (stack) =>
      resources(stack, 'AWS::S3::Bucket')
        .filter(({ properties }) => at(properties, 'NotificationConfiguration', 'TopicConfigurations'))
        .flatMap(({ logicalId }) => {
          const bucket = JSON.stringify(at(stack.transformed, 'Resources', logicalId));
          const mayPublish = resources(stack, 'AWS::SNS::TopicPolicy')
            .flatMap(({ properties }) => statementsOf(properties))
            .some(
              (statement) =>
                at(statement, 'Effect') === 'Allow' &&
                at(statement, 'Principal', 'Service') === 's3.amazonaws.com' &&
                at(statement, 'Action') === 'sns:Publish',
            );
          return [
            ...(mayPublish ? [] : ['no policy lets S3 publish']),
            ...(bucket.includes('"Ref": "AnnouncementsTopicPolicy"') ||
            bucket.includes('"Ref":"AnnouncementsTopicPolicy"')
              ? []
              : [`${logicalId} may be created before the policy`]),
          ];
        }),
    falls: [
      {
        from: 'Principal: { Service: s3.amazonaws.com }',
        to: 'Principal: { Service: events.amazonaws.com }',
        parameters: { Announce: 'true' },
      },
      {
        from: 'Value: !Ref AnnouncementsTopicPolicy',
        to: 'Value: none',
        parameters: { Announce: 'true' },
      },
    ],
  },
  {
    name: 'a stack cannot set the policy, the CORS rules or the notifications of a bucket that it did not create',
    rule: ({ parameters, template: { outputs } }) =>
      entries({
        ExistingOriginalImagesBucketCorsRule:
          parameters.ExistingOriginalImagesBucket && parameters.BrowserUploads && parameters.CorsOrigin,
        ExistingResizedImagesBucketPolicyStatements:
          parameters.ExistingResizedImagesBucket && parameters.Delivery,
        PrepareExistingResizedBucketCommands: parameters.ExistingResizedImagesBucket && parameters.Announce,
      })
        .filter(([output, isNeeded]) => isNeeded && outputs[output] === undefined)
        .map(([output]) => `no output ${output} tells the owner what to add`),
    falls: [
      {
        from: '    Condition: BringsAnnouncedBucket\n',
        to: '    Condition: HasAlarmEmail\n',
        parameters: { Announce: 'true', ExistingResizedImagesBucket: 'renditions-of-mine' },
      },
      {
        from: '    Condition: BringsDeliveredBucket\n',
        to: '    Condition: HasAlarmEmail\n',
        parameters: { ...DELIVERED, ExistingResizedImagesBucket: 'renditions-of-mine' },
      },
    ],
  },
];

function distributionStatements(stack: DeployedStack): unknown[] {
  return resources(stack, 'AWS::S3::BucketPolicy')
    .flatMap(({ properties }) => statementsOf(properties))
    .filter((statement) => at(statement, 'Principal', 'Service') === 'cloudfront.amazonaws.com');
}

/** What the distribution may do. */
function reads(stack: DeployedStack): unknown[] {
  return distributionStatements(stack).map((statement) => at(statement, 'Action'));
}

function isForDistribution(statement: unknown): boolean {
  const source = at(statement, 'Condition', 'StringEquals', 'aws:SourceArn');
  return /^arn:aws:cloudfront::000000000000:distribution\/\w+$/.test(String(source));
}

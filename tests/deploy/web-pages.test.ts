import { expect } from 'chai';
import { operations, properties, resources, statementsOf } from './read-stack.ts';
import { at, type DeployedStack, type Parameters, useTranslator } from './translator.ts';

const SECURITY = { AWS_IAM: [{ sigv4: [] }], API_KEY: [{ apiKey: [] }], NONE: [] };
/** What each parameter adds to the stack. */
const ADDED: Readonly<Record<string, { readonly value: string; readonly resources: readonly string[] }>> = {
  Delivery: {
    value: 'CLOUDFRONT',
    resources: [
      'ImagesCacheControlFunction',
      'ImagesCachePolicy',
      'ImagesDistribution',
      'ImagesOriginAccessControl',
      'ImagesResponseHeadersPolicy',
    ],
  },
  BrowserUploads: {
    value: 'true',
    resources: [
      'CreateUploadLinkRole',
      'UploadLinkErrorsAlarm',
      'UploadLinkFunction',
      'UploadLinkFunctionLogGroup',
      'UploadLinkFunctionRole',
    ],
  },
  Announce: { value: 'true', resources: ['AnnouncementsTopic', 'AnnouncementsTopicPolicy'] },
};

const CERTIFICATE = 'arn:aws:acm:us-east-1:000000000000:certificate/5678efgh';
const KEY_GROUP = '5678efgh-0000-0000-0000-000000000000';

/** Every subset of the three. */
const COMBINATIONS = Array.from({ length: 2 ** Object.keys(ADDED).length }, (_, number) =>
  Object.keys(ADDED).filter((_name, place) => number & (1 << place)),
);

describe('A stack for web pages', () => {
  const translator = useTranslator();

  for (const names of COMBINATIONS)
    it(`A stack for web pages with ${names.join(', ') || 'none of the parameters'} has what they add, no public resource, and security on every method`, async () => {
      const turnedOn = Object.fromEntries(names.map((name) => [name, ADDED[name]?.value ?? '']));
      const before = await translator().deploy({});
      for (const [ApiAuth, security] of Object.entries(SECURITY)) {
        const stack = await translator().deploy({
          ...turnedOn,
          ApiAuth,
          CorsOrigin: 'https://www.example.com',
        });
        const expected = names.flatMap((name) => ADDED[name]?.resources ?? []);
        expect(
          added(before, stack).filter((name) => !/^ProcessImage(ApiKey|UsagePlan)/.test(name)),
        ).to.have.members(expected);
        expect(publicParts(stack)).to.deep.equal([]);
        for (const [name, operation] of operations(stack))
          expect(at(operation, 'security'), name).to.deep.equal(name.startsWith('options ') ? [] : security);
      }
    });

  it('A stack for web pages has POST /uploads only with BrowserUploads', async () => {
    const uploads = async (parameters: Parameters) =>
      operations(await translator().deploy(parameters)).filter(([name]) => name === 'post /uploads');
    expect(await uploads({})).to.have.length(0);
    expect(await uploads({ BrowserUploads: 'true' })).to.have.length(1);
  });

  it('A stack for web pages serves HTTPS only, at ImagesDomainName with TLS 1.2, to whoever has a signature of TrustedKeyGroupId', async () => {
    const stack = await translator().deploy({
      BrowserUploads: 'true',
      Delivery: 'CLOUDFRONT',
      ImagesCertificateArn: CERTIFICATE,
      ImagesDomainName: 'images.example.com',
      TrustedKeyGroupId: KEY_GROUP,
    });
    const config = at(properties(stack, 'ImagesDistribution'), 'DistributionConfig');
    expect(at(config, 'DefaultCacheBehavior')).to.deep.include({
      TrustedKeyGroups: [KEY_GROUP],
      ViewerProtocolPolicy: 'redirect-to-https',
    });
    expect(config).to.deep.include({
      Aliases: ['images.example.com'],
      ViewerCertificate: {
        AcmCertificateArn: CERTIFICATE,
        MinimumProtocolVersion: 'TLSv1.2_2021',
        SslSupportMethod: 'sni-only',
      },
    });
    expect(stack.template.outputs.ImagesUrl).to.equal('https://images.example.com');
    expect(imagesUrlOfLinks(stack)).to.equal('https://images.example.com');
  });

  it("A stack for web pages serves everybody at CloudFront's own name if nothing else is set", async () => {
    const stack = await translator().deploy({ BrowserUploads: 'true', Delivery: 'CLOUDFRONT' });
    const config = at(properties(stack, 'ImagesDistribution'), 'DistributionConfig');
    expect(config).to.deep.include({ ViewerCertificate: { CloudFrontDefaultCertificate: true } });
    expect(config).not.to.have.property('Aliases');
    expect(at(config, 'DefaultCacheBehavior'))
      .to.include({ ViewerProtocolPolicy: 'redirect-to-https' })
      .and.not.have.property('TrustedKeyGroups');
    expect(stack.template.outputs.ImagesUrl).to.match(/^https:\/\/\w+\.cloudfront\.net$/);
    expect(imagesUrlOfLinks(stack)).to.equal(stack.template.outputs.ImagesUrl);
  });

  it('A stack for web pages lets pages of CorsOrigin post to the bucket of the originals, and no others', async () => {
    const rulesOf = async (parameters: Parameters) =>
      at(
        properties(await translator().deploy(parameters), 'OriginalImagesBucket'),
        'CorsConfiguration',
        'CorsRules',
      );
    const CorsOrigin = 'https://www.example.com';
    expect(await rulesOf({ BrowserUploads: 'true', CorsOrigin })).to.deep.equal([
      { AllowedOrigins: [CorsOrigin], AllowedMethods: ['POST'], AllowedHeaders: ['*'], MaxAge: 600 },
    ]);
    expect(await rulesOf({ BrowserUploads: 'true' })).to.equal(undefined);
    expect(await rulesOf({ CorsOrigin })).to.equal(undefined);
  });

  it('A bucket that is public, or a statement for anybody, is reported', async () => {
    for (const change of [
      { from: 'BlockPublicPolicy: true', to: 'BlockPublicPolicy: false' },
      { from: 'Principal: { Service: cloudfront.amazonaws.com }', to: "Principal: '*'" },
    ])
      expect(publicParts(await translator().deploy({ Delivery: 'CLOUDFRONT' }, change))).not.to.be.empty;
  });
});

/** Where the links to upload with say that the manifest will be. */
function imagesUrlOfLinks(stack: DeployedStack): unknown {
  return at(properties(stack, 'UploadLinkFunction'), 'Environment', 'Variables', 'IMAGES_URL');
}

function added(before: DeployedStack, after: DeployedStack): string[] {
  // SAM names the deployment of the API by a hash of its body.
  return [...after.template.resources.keys()].filter(
    (name) => !before.template.resources.has(name) && !name.startsWith('ProcessImageApiDeployment'),
  );
}

function publicParts(stack: DeployedStack): string[] {
  const policies = ['AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy'];
  return [
    ...resources(stack, 'AWS::S3::Bucket')
      .filter(
        ({ properties }) =>
          !['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'].every(
            (name) => at(properties, 'PublicAccessBlockConfiguration', name) === true,
          ),
      )
      .map(({ logicalId }) => `${logicalId} may become public`),
    ...policies
      .flatMap((type) => resources(stack, type))
      .filter(({ properties }) =>
        statementsOf(properties).some(
          (statement) =>
            at(statement, 'Effect') === 'Allow' && at(statement, 'Principal', 'Service') === undefined,
        ),
      )
      .map(({ logicalId }) => `${logicalId} allows anybody`),
    ...resources(stack, 'AWS::Lambda::Url').map(({ logicalId }) => `${logicalId} is a public URL`),
  ];
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.

// Which requests of CloudFront bucket policies allow is tested with the distribution, in ../cloudfront/access.test.ts.

import { expect } from 'chai';
import {
  AccessDeniedError,
  createAuthorizer,
  createPrincipalOf,
  resourceStatementsOf,
} from '../../iam/index.ts';
import { TemplateError } from '../../template/index.ts';
import { readDistributionTemplate } from '../cloudfront/distribution.ts';

const ARN = 'arn:aws:cloudfront::000000000000:distribution/E1';
const CLOUDFRONT = { service: 'cloudfront.amazonaws.com', sourceArn: ARN };
const STATEMENT = {
  effect: 'Allow',
  service: 'cloudfront.amazonaws.com',
  isFor: (sourceArn: string) => sourceArn === ARN,
  actions: ['s3:Get*'],
  resources: ['arn:aws:s3:::b/*'],
} as const;

describe('Permissions of a service (AWS: Policy evaluation logic, resource-based policies)', () => {
  const authorize = createAuthorizer(new Map(), [STATEMENT]);

  it('a service may call what a bucket policy allows to it for its resource', () => {
    authorize(CLOUDFRONT, 's3:GetObject', 'arn:aws:s3:::b/a');
  });

  for (const [what, principal, action, resource] of [
    ['another action', CLOUDFRONT, 's3:PutObject', 'arn:aws:s3:::b/a'],
    ['another resource', CLOUDFRONT, 's3:GetObject', 'arn:aws:s3:::c/a'],
    [
      'another resource of the service',
      { ...CLOUDFRONT, sourceArn: `${ARN}0` },
      's3:GetObject',
      'arn:aws:s3:::b/a',
    ],
    [
      'another service',
      { ...CLOUDFRONT, service: 'logging.s3.amazonaws.com' },
      's3:GetObject',
      'arn:aws:s3:::b/a',
    ],
    ['a role', { role: 'R' }, 's3:GetObject', 'arn:aws:s3:::b/a'],
  ] as const)
    it(`a bucket policy does not allow ${what}`, () => {
      expect(() => authorize(principal, action, resource)).to.throw(AccessDeniedError, action);
    });

  it('a denied call names the service, the action, the resource and that of the service', () => {
    expect(() => authorize(CLOUDFRONT, 's3:PutObject', 'arn:aws:s3:::b/a')).to.throw(
      AccessDeniedError,
      `cloudfront.amazonaws.com is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::b/a for ${ARN} because no resource-based policy allows the s3:PutObject action`,
    );
  });

  it('an access key id that a service calls with stands for the service', () => {
    const principalOf = createPrincipalOf(new Map(), new Map([['E1', CLOUDFRONT]]));
    expect(principalOf('E1')).to.equal(CLOUDFRONT);
    expect(principalOf('E2')).to.equal('administrator');
  });
});

describe('The bucket policies of a template', () => {
  it('a statement may let in CloudFront together with other services', () => {
    const both = {
      '{ Service: cloudfront.amazonaws.com }':
        '{ Service: [delivery.logs.amazonaws.com, cloudfront.amazonaws.com] }',
    };
    expect(resourceStatementsOf(readDistributionTemplate(both))).to.have.length(2);
    const other = { '{ Service: cloudfront.amazonaws.com }': '{ Service: delivery.logs.amazonaws.com }' };
    expect(resourceStatementsOf(readDistributionTemplate(other))).to.have.length(1);
  });

  it('without a distribution, they allow nothing, and their conditions do not matter', () => {
    const changes = {
      'AWS::CloudFront::Distribution': 'AWS::CloudFront::StreamingDistribution',
      StringEquals: 'IpAddress',
    };
    expect(resourceStatementsOf(readDistributionTemplate(changes))).to.deep.equal([]);
  });

  for (const [what, from, to, message] of [
    ['another operator', 'StringEquals', 'IpAddress', /IpAddress is not supported here/],
    [
      'another key',
      "'AWS:SourceArn'",
      "'aws:SourceVpc'",
      /AWS:SourceArn or AWS:SourceAccount .* found aws:SourceVpc/,
    ],
    ['NotResource', 'Resource: !GetAtt Pages.Arn\n', 'NotResource: a\n', /NotResource is not supported here/],
    [
      'a policy variable',
      '!GetAtt Pages.Arn\n            Condition: *',
      "'arn:aws:s3:::${aws:PrincipalTag/b}'\n            Condition: *",
      /without policy variables/,
    ],
  ] as const)
    it(`a statement for CloudFront with ${what} is refused by file and line`, () => {
      const template = readDistributionTemplate({ [from]: to });
      expect(() => resourceStatementsOf(template)).to.throw(TemplateError, message);
      expect(() => resourceStatementsOf(template)).to.throw(TemplateError, /^template\.yaml:\d+: /);
    });
});

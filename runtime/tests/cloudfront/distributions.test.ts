// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { distributionsOf } from '../../cloudfront/index.ts';
import { readRunnableTemplate } from '../../left-out.ts';
import { readTemplate, TemplateError } from '../../template/index.ts';
import { writeTemplate } from '../support/template-file.ts';
import { NO_FUNCTION, readDistributionTemplate, TEMPLATE, withFunction } from './distribution.ts';

const URL_HERE = 'http://127.0.0.1:8080';

function readWithUrl(text: string) {
  return readTemplate({
    file: writeTemplate(text),
    parameterOverrides: {},
    queueUrl: String,
    distributionUrl: URL_HERE,
  });
}

describe('The distribution of a template', () => {
  it('it has the bucket, the origin path and the names that CloudFront would make up', () => {
    const [distribution, another] = distributionsOf(readDistributionTemplate());
    expect(another).to.equal(undefined);
    expect(distribution).to.include({
      logicalId: 'Site',
      bucket: 'local-pages',
      originPath: '/site',
      compresses: true,
      arn: `arn:aws:cloudfront::000000000000:distribution/${distribution?.id}`,
    });
    expect(distribution?.id).to.match(/^E[0-9A-F]{13}$/);
    expect(distribution?.domainName).to.match(/^d[0-9a-f]{13}\.cloudfront\.net$/);
    expect([404, 403].map((status) => distribution?.errorSeconds(status))).to.deep.equal([10, 10]);
  });

  it('a template without a distribution has none, and neither has one whose condition is false', () => {
    const none = 'Conditions: { Never: !Equals [a, b] }\nResources:\n';
    const text = TEMPLATE.replace('Resources:\n', none)
      .replace('  Site:\n', '  Site:\n    Condition: Never\n')
      .replace('distribution/${Site}', 'distribution/E1');
    expect(distributionsOf(readWithUrl(text))).to.deep.equal([]);
    expect(distributionsOf(readWithUrl('Resources:\n  Pages: { Type: AWS::S3::Bucket }\n'))).to.deep.equal(
      [],
    );
  });

  it('what has no effect here may be there', () => {
    const config = `        Aliases: [www.example.com]
        Logging: { Bucket: logs.s3.amazonaws.com }
        Origins:\n`;
    const changes = {
      '        Origins:\n': config,
      'CloudFrontDefaultCertificate: true':
        "AcmCertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/1'",
      'ViewerProtocolPolicy: redirect-to-https':
        'ViewerProtocolPolicy: https-only\n          AllowedMethods: [GET, HEAD]',
    };
    expect(distributionsOf(readDistributionTemplate(changes))).to.have.length(1);
  });

  it('the domain name of a bucket may be without the region', () => {
    const changes = { '!GetAtt Pages.RegionalDomainName': '!Sub ${Pages}.s3.${AWS::URLSuffix}' };
    expect(distributionsOf(readDistributionTemplate(changes))[0]?.bucket).to.equal('local-pages');
  });

  for (const [what, from, to, message] of [
    ['that is disabled', 'Enabled: true', 'Enabled: false', /expected true for .*Enabled/],
    [
      'with a default root object',
      'Enabled: true',
      'Enabled: true\n        DefaultRootObject: index.html',
      /DefaultRootObject is not/,
    ],
    [
      'with a second cache behavior',
      'Enabled: true',
      'Enabled: true\n        CacheBehaviors: [{ PathPattern: "*.jpg" }]',
      /CacheBehaviors is not/,
    ],
    [
      'with a geographic restriction',
      'Enabled: true',
      'Enabled: true\n        Restrictions: {}',
      /Restrictions is not/,
    ],
    ['with AWS WAF', 'Enabled: true', 'Enabled: true\n        WebACLId: acl', /WebACLId is not/],
    [
      'with a custom error page',
      'Enabled: true',
      'Enabled: true\n        CustomErrorResponses: [{ ErrorCode: 404, ResponseCode: 200, ResponsePagePath: /index.html }]',
      /Response(Code|PagePath) is not/,
    ],
    [
      'with an error of no status',
      'Enabled: true',
      'Enabled: true\n        CustomErrorResponses: [{ ErrorCode: 200, ErrorCachingMinTTL: 0 }]',
      /from 400 to 599/,
    ],
    [
      'with a second origin',
      '        DefaultCacheBehavior:',
      '          - Id: other\n            DomainName: example.com\n        DefaultCacheBehavior:',
      /expected one origin .* found/,
    ],
    ['with a custom origin', 'S3OriginConfig: {', 'CustomOriginConfig: {', /CustomOriginConfig is not/],
    [
      'with an origin that is no bucket',
      '!GetAtt Pages.RegionalDomainName',
      'example.com',
      /domain name of a bucket/,
    ],
    [
      'with a bucket of another region',
      '!GetAtt Pages.RegionalDomainName',
      'local-pages.s3.eu-west-1.amazonaws.com',
      /domain name of a bucket/,
    ],
    [
      'with an origin access identity',
      "OriginAccessIdentity: ''",
      "OriginAccessIdentity: 'origin-access-identity/cloudfront/E1'",
      /origin access control/,
    ],
    [
      'without an origin access control',
      '            OriginAccessControlId: !GetAtt SiteAccess.Id\n',
      '',
      /id of an AWS::CloudFront::OriginAccessControl/,
    ],
    [
      'with an origin path that ends with a slash',
      'OriginPath: /site',
      'OriginPath: /site/',
      /starts with a \//,
    ],
    ['that signs nothing', 'SigningBehavior: always', 'SigningBehavior: never', /always, no-override/],
    [
      'with custom headers for the origin',
      'OriginPath: /site',
      'OriginPath: /site\n            OriginCustomHeaders: []',
      /OriginCustomHeaders is not/,
    ],
    ['with another origin as target', 'TargetOriginId: pages', 'TargetOriginId: other', /origin's Id/],
    [
      'for other methods',
      'Compress: true',
      'Compress: true\n          AllowedMethods: [GET, HEAD, OPTIONS]',
      /GET, HEAD .*found "OPTIONS"/,
    ],
    [
      'with signed URLs',
      'Compress: true',
      'Compress: true\n          TrustedKeyGroups: [group]',
      /TrustedKeyGroups is not/,
    ],
    [
      'with Lambda@Edge',
      'Compress: true',
      'Compress: true\n          LambdaFunctionAssociations: []',
      /LambdaFunctionAssociations is not/,
    ],
    [
      'with an origin request policy',
      'Compress: true',
      'Compress: true\n          OriginRequestPolicyId: id',
      /OriginRequestPolicyId is not/,
    ],
    [
      'with a managed cache policy',
      '!Ref SiteCache',
      '658327ea-f89d-4fab-a63d-7e88639e58f6',
      /AWS::CloudFront::CachePolicy of this template/,
    ],
    [
      'with legacy cache settings',
      'CachePolicyId: !Ref SiteCache',
      'ForwardedValues: { QueryString: false }',
      /ForwardedValues is not/,
    ],
    ['with cookies in the cache key', 'CookieBehavior: none', 'CookieBehavior: all', /one of none/],
    ['with headers in the cache key', 'HeaderBehavior: none', 'HeaderBehavior: whitelist', /one of none/],
    [
      'with allExcept query strings',
      'QueryStringBehavior: whitelist',
      'QueryStringBehavior: allExcept',
      /none, whitelist, all/,
    ],
    ['with a maximum TTL below the default', 'MaxTTL: 31536000', 'MaxTTL: -1', /from 0 to/],
    ['with another security header', 'ContentTypeOptions: {', 'FrameOptions: {', /FrameOptions is not/],
    [
      'with custom response headers',
      '        CorsConfig:\n',
      '        CustomHeadersConfig: {}\n        CorsConfig:\n',
      /CustomHeadersConfig is not/,
    ],
  ] as const)
    it(`a distribution ${what} is refused by file and line`, () => {
      const template = readDistributionTemplate({ [from]: to });
      expect(() => distributionsOf(template)).to.throw(TemplateError, message);
      expect(() => distributionsOf(template)).to.throw(TemplateError, /^template\.yaml:\d+: /);
    });

  for (const [what, changes, message] of [
    [
      'with a mistake in its syntax',
      withFunction('viewer-response', 'function handler(event) {\n  return event.;\n}\n'),
      /template\.yaml:\d+\n {2}return event\.;/,
    ],
    [
      'for another runtime',
      { ...withFunction('viewer-response', ''), 'cloudfront-js-2.0': 'cloudfront-js-1.0' },
      /cloudfront-js-2\.0/,
    ],
    [
      'that is not published',
      { ...withFunction('viewer-response', ''), 'AutoPublish: true': 'AutoPublish: false' },
      /expected true for .*AutoPublish/,
    ],
    [
      'with a key value store',
      {
        ...withFunction('viewer-response', ''),
        '{ Comment: Changes answers': '{ KeyValueStoreAssociations: []',
      },
      /KeyValueStoreAssociations is not/,
    ],
    ['for another event', withFunction('origin-request', ''), /viewer-request, viewer-response/],
    [
      'that the template does not have',
      {
        [NO_FUNCTION]: '          FunctionAssociations: [{ EventType: viewer-request, FunctionARN: arn }]\n',
      },
      /ARN of a function/,
    ],
    [
      'beside another one for the same event',
      {
        [NO_FUNCTION]: `          FunctionAssociations:\n${'            - { EventType: viewer-request, FunctionARN: !GetAtt SiteFunction.FunctionARN }\n'.repeat(2)}`,
      },
      /one function for each/,
    ],
  ] as const)
    it(`a function ${what} is refused by file and line`, () => {
      const template = readDistributionTemplate(changes);
      expect(() => distributionsOf(template)).to.throw(TemplateError, message);
      expect(() => distributionsOf(template)).to.throw(TemplateError, /^template\.yaml:\d+: /);
    });

  for (const [what, statement] of [
    ['destructuring', 'const { request } = event;'],
    ['destructuring', 'const [first] = [event];'],
    ['a default value', 'const read = (one = 1) => one;'],
    ['spread syntax', 'const copy = { ...event };'],
    ['spread syntax', 'Math.max(...[1, 2]);'],
    ['optional chaining', 'event.request?.uri;'],
    ['for-of', 'for (const one of [1]) one;'],
    ['a class', 'class A {}'],
    ['the operator ??', 'const one = event.request ?? 1;'],
    ['the operator ||=', 'event.one ||= 1;'],
    ['catch without a parameter', 'try { event.a.b; } catch { event.a = 1; }'],
    ['a BigInt', 'const one = 1n;'],
    ['an async function inside another or as a value', 'const read = async () => 1;'],
  ] as const)
    it(`a function with ${what} in ${statement} is refused by file and line`, () => {
      const template = readDistributionTemplate(
        withFunction('viewer-response', `function handler(event) {\n  ${statement}\n}\n`),
      );
      const line = readFileSync(template.file, 'utf8').split('\n').indexOf(`          ${statement}`) + 1;
      expect(() => distributionsOf(template)).to.throw(
        TemplateError,
        `template.yaml:${line}: expected JavaScript that AWS documents for cloudfront-js-2.0, found ${what}`,
      );
    });

  it('a function may have what AWS documents of later versions of ECMAScript', () => {
    const code = `async function read(...words) {
  const text = \`\${words.join()} \${2 ** 3}\`;
  return text.replaceAll('a', 'b');
}
async function handler(event) {
  let name = 'x-a';
  const add = (value) => { event.response.headers[name] = { value: value }; };
  add(await read('a', 'b'));
  return event.response;
}
`;
    expect(distributionsOf(readDistributionTemplate(withFunction('viewer-response', code)))).to.have.length(
      1,
    );
  });

  it('a function of more than 10 KB is refused by file and line (Quotas on CloudFront Functions)', () => {
    const code = `function handler(event) {\n  return event.response; // ${'x'.repeat(10_240)}\n}\n`;
    const template = readDistributionTemplate(withFunction('viewer-response', code));
    expect(() => distributionsOf(template)).to.throw(
      TemplateError,
      /^template\.yaml:\d+: expected at most 10240 bytes/,
    );
  });

  it('a second distribution is refused by file and line', () => {
    const [, site = ''] = /(\n {2}Site:\n.*?)\n {2}SiteAccess:/s.exec(TEMPLATE) ?? [];
    const template = readDistributionTemplate({
      '\n  SiteAccess:': `${site.replace('Site:', 'Mirror:')}\n  SiteAccess:`,
    });
    expect(() => distributionsOf(template)).to.throw(
      TemplateError,
      /^template\.yaml:\d+: expected one AWS::CloudFront/,
    );
  });
});

describe('The URL of a distribution in a template', () => {
  const outputs = (value: string, text = TEMPLATE) =>
    readWithUrl(`${text}Outputs:\n  Url: { Value: ${value} }\n`).outputs.Url;

  for (const [value, expected] of [
    ["!Sub 'https://${Site.DomainName}'", URL_HERE],
    ["!Sub ['https://${Domain}/a', { Domain: !GetAtt Site.DomainName }]", `${URL_HERE}/a`],
    ["!Join ['', ['https://', !GetAtt Site.DomainName, '/b']]", `${URL_HERE}/b`],
    [
      "!Sub 'https://${Site.DomainName}, https://d111111abcdef8.cloudfront.net'",
      `${URL_HERE}, https://d111111abcdef8.cloudfront.net`,
    ],
    ["!Sub 'https://other.${Site.DomainName}'", /^https:\/\/other\.d[0-9a-f]{13}\.cloudfront\.net$/],
    ['!GetAtt Site.DomainName', /^d[0-9a-f]{13}\.cloudfront\.net$/],
    ['!Ref Site', /^E[0-9A-F]{13}$/],
    ['!GetAtt Site.Id', /^E[0-9A-F]{13}$/],
    ['!GetAtt SiteFunction.FunctionARN', 'arn:aws:cloudfront::000000000000:function/SiteFunction'],
    [
      '!GetAtt SiteFunction.FunctionMetadata.FunctionARN',
      'arn:aws:cloudfront::000000000000:function/SiteFunction',
    ],
    ['!Ref SiteFunction', 'arn:aws:cloudfront::000000000000:function/SiteFunction'],
    ['!Ref SiteCache', /^E[0-9A-F]{13}$/],
  ] as const)
    it(`${value} becomes ${expected}`, () => {
      if (typeof expected === 'string') expect(outputs(value)).to.equal(expected);
      else expect(outputs(value)).to.match(expected);
    });

  it('two distributions have different names', () => {
    expect(outputs('!Ref Site')).not.to.equal(
      outputs('!Ref Mirror', TEMPLATE.replace('  Site:', '  Mirror:').replace('${Site}', 'E1')),
    );
  });
});

describe('A distribution that is not supported as it is written', () => {
  const readRunnable = (text: string) =>
    readRunnableTemplate({
      file: writeTemplate(text),
      parameterOverrides: {},
      queueUrl: String,
      distributionUrl: URL_HERE,
    });
  const signed = TEMPLATE.replace('Compress: true', 'Compress: true\n          TrustedKeyGroups: [group]');

  it('it is left out with the reason, and its bucket runs, although the bucket policy lets it in', () => {
    const template = readRunnable(signed);
    expect(template.leftOut).to.have.length(1);
    expect(template.leftOut[0]).to.include({ logicalId: 'Site', type: 'AWS::CloudFront::Distribution' });
    expect(template.leftOut[0]?.reason).to.match(
      /^template\.yaml:\d+: TrustedKeyGroups is not supported here/,
    );
    expect(distributionsOf(template)).to.deep.equal([]);
  });

  it('it is refused if something that runs refers to it', () => {
    const queue =
      '  Queue: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: site, Value: !Ref Site }] } }\n';
    expect(readRunnable(signed + queue).leftOut).to.have.length(1);
    const bucket = `  Other:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration: { CorsRules: [{ AllowedMethods: [GET], AllowedOrigins: [!Sub 'https://\${Site.DomainName}'] }] }
`;
    expect(() => distributionsOf(readRunnable(signed + bucket))).to.throw(
      TemplateError,
      /TrustedKeyGroups is not supported here/,
    );
  });
});

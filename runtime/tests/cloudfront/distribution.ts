// A distribution in front of a bucket, for the tests: read from a template, with the real S3 and the real permissions,
// and with a clock that the tests set.

import { rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createEdge, distributionsOf } from '../../cloudfront/index.ts';
import { openDatabase } from '../../database.ts';
import { createAuthorizer, resourceStatementsOf } from '../../iam/index.ts';
import { bucketsOf, createS3Server } from '../../s3/index.ts';
import type { Template } from '../../template/index.ts';
import { readTemplateAt, writeTemplate } from '../support/template-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export const TEMPLATE = `Resources:
  Pages: { Type: AWS::S3::Bucket }
  PagesPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Pages
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Sid: TlsOnly
            Effect: Deny
            Principal: '*'
            Action: s3:*
            Resource: [!GetAtt Pages.Arn, !Sub '\${Pages.Arn}/*']
            Condition: { Bool: { 'aws:SecureTransport': 'false' } }
          - Sid: Read
            Effect: Allow
            Principal: { Service: cloudfront.amazonaws.com }
            Action: s3:GetObject
            Resource: !Sub '\${Pages.Arn}/site/*'
            Condition: &ofThisDistribution
              StringEquals: { 'AWS:SourceArn': !Sub 'arn:\${AWS::Partition}:cloudfront::\${AWS::AccountId}:distribution/\${Site}' }
          - Sid: List
            Effect: Allow
            Principal: { Service: cloudfront.amazonaws.com }
            Action: s3:ListBucket
            Resource: !GetAtt Pages.Arn
            Condition: *ofThisDistribution
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Comment: Pages
        Enabled: true
        HttpVersion: http2and3
        IPV6Enabled: true
        PriceClass: PriceClass_100
        ViewerCertificate: { CloudFrontDefaultCertificate: true }
        Origins:
          - Id: pages
            DomainName: !GetAtt Pages.RegionalDomainName
            OriginPath: /site
            OriginAccessControlId: !GetAtt SiteAccess.Id
            S3OriginConfig: { OriginAccessIdentity: '' }
        DefaultCacheBehavior:
          TargetOriginId: pages
          ViewerProtocolPolicy: redirect-to-https
          Compress: true
          CachePolicyId: !Ref SiteCache
          ResponseHeadersPolicyId: !Ref SiteHeaders
          FunctionAssociations: []
  SiteAccess:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig:
        Name: site
        OriginAccessControlOriginType: s3
        SigningBehavior: always
        SigningProtocol: sigv4
  SiteCache:
    Type: AWS::CloudFront::CachePolicy
    Properties:
      CachePolicyConfig:
        Name: site
        MinTTL: 0
        DefaultTTL: 0
        MaxTTL: 31536000
        ParametersInCacheKeyAndForwardedToOrigin:
          CookiesConfig: { CookieBehavior: none }
          HeadersConfig: { HeaderBehavior: none }
          QueryStringsConfig: { QueryStringBehavior: whitelist, QueryStrings: [v] }
          EnableAcceptEncodingGzip: true
          EnableAcceptEncodingBrotli: true
  SiteHeaders:
    Type: AWS::CloudFront::ResponseHeadersPolicy
    Properties:
      ResponseHeadersPolicyConfig:
        Name: site
        SecurityHeadersConfig: { ContentTypeOptions: { Override: true } }
        CorsConfig:
          AccessControlAllowCredentials: false
          AccessControlAllowHeaders: { Items: ['*'] }
          AccessControlAllowMethods: { Items: [GET, HEAD] }
          AccessControlAllowOrigins: { Items: [http://127.0.0.1:3000] }
          AccessControlExposeHeaders: { Items: [ETag] }
          OriginOverride: true
  SiteFunction:
    Type: AWS::CloudFront::Function
    Properties:
      Name: site
      AutoPublish: true
      FunctionConfig: { Comment: Changes answers, Runtime: cloudfront-js-2.0 }
      FunctionCode: |
        function handler(event) {
          return event.response;
        }
`;

export const NO_FUNCTION = '          FunctionAssociations: []\n';

/** The changes of the template that make it run this code for an event. */
export const withFunction = (eventType: string, code: string): Record<string, string> => ({
  [NO_FUNCTION]: `          FunctionAssociations: [{ EventType: ${eventType}, FunctionARN: !GetAtt SiteFunction.FunctionARN }]\n`,
  '        function handler(event) {\n          return event.response;\n        }\n': code.replace(
    /^/gm,
    '        ',
  ),
});

/** Reads the template after texts were replaced, each once. */
export function readDistributionTemplate(changes: Readonly<Record<string, string>> = {}): Template {
  const text = Object.entries(changes).reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`expected ${from} in the template, found none`);
    return before.replace(from, () => to);
  }, TEMPLATE);
  return readTemplateAt(writeTemplate(text));
}

export interface ViewerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

type Headers = Readonly<Record<string, string>>;

/**
 * Gives each test of the suite a distribution of its own with an empty cache and an empty bucket.
 * @param changes what to write in place of texts of the template.
 */
export function useDistribution(changes: Readonly<Record<string, string>> = {}) {
  let running: Awaited<ReturnType<typeof startDistribution>> | undefined;
  beforeEach(async () => {
    running = await startDistribution(readDistributionTemplate(changes));
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });
  const current = () => {
    if (!running) throw new Error('Expected to be called in a test but there is no distribution.');
    return running;
  };
  return {
    get: (path: string, headers: Headers = {}) => current().ask('GET', path, headers),
    ask: (method: string, path: string, headers: Headers = {}, body = '') =>
      current().ask(method, path, headers, body),
    put: (key: string, body: string | Buffer, headers: Headers = {}) => current().put(key, body, headers),
    remove: (key: string) => current().remove(key),
    /** Loses the bytes of an object, so that S3 fails when it is to send them. */
    lose: (key: string) => current().lose(key),
    /** Lets seconds pass. */
    wait: (seconds: number) => current().wait(seconds),
    /** The requests that the bucket got from the distribution, such as `GET /local-pages/site/a`, since the last call. */
    forwarded: () => current().forwarded(),
    warnings: () => current().warnings,
    url: () => current().url,
  };
}

export async function startDistribution(template: Template) {
  const [distribution] = distributionsOf(template);
  if (!distribution) throw new Error('Expected a distribution in the template but found none.');
  const folder = temporaryFolder('cloudfront');
  const database = openDatabase(folder);
  const s3 = createS3Server({
    database,
    directory: join(folder, 's3'),
    buckets: bucketsOf(template).map(({ name }) => name),
    versionedBuckets: [],
    corsRulesOf: () => undefined,
    isOwnPage: () => false,
    authorize: createAuthorizer(new Map(), resourceStatementsOf(template)),
    principalOf: (id) =>
      id === distribution.id
        ? { service: 'cloudfront.amazonaws.com', sourceArn: distribution.arn }
        : 'administrator',
    recordEvent: () => undefined,
    eventsRecorded: () => undefined,
  });
  const asked: string[] = [];
  s3.addHook('onResponse', async ({ raw, originalUrl }) => {
    if (raw.headers.authorization) asked.push(`${raw.method} ${originalUrl}`);
  });
  const originUrl = await s3.listen({ host: '127.0.0.1', port: 0 });

  let nowMs = Date.now();
  const warnings: string[] = [];
  const server = createServer((incoming, outgoing) => void edge.answer(incoming, outgoing));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const warn = (message: string) => void warnings.push(message);
  const edge = createEdge({ distribution, originUrl, now: () => nowMs, warn });
  const ask = (method: string, path: string, headers: Headers = {}, body = '') =>
    exchange(url, { method, path, headers, body });
  const manage = async (method: string, key: string, headers: Headers = {}, body: string | Buffer = '') => {
    const path = `/local-pages/${encodeURIComponent(key)}`;
    const { status, body: text } = await exchange(originUrl, { method, path, headers, body });
    if (status >= 300) throw new Error(`${method} ${key}: ${status} ${text}`);
  };
  return {
    url,
    warnings,
    ask,
    put: (key: string, body: string | Buffer, headers: Headers = {}) => manage('PUT', key, headers, body),
    remove: (key: string) => manage('DELETE', key),
    lose: (key: string) => rmSync(join(folder, 's3', 'local-pages', key)),
    wait: (seconds: number) => {
      nowMs += seconds * 1000;
    },
    forwarded: () => asked.splice(0),
    async stop() {
      server.close();
      server.closeAllConnections();
      await s3.close();
      database.close();
    },
  };
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string | Buffer;
}

/** Sends a request exactly as it is written: its path is not normalized. */
function exchange(url: string, { method, path, headers, body }: Exchange): Promise<ViewerAnswer> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<ViewerAnswer>();
  const length = body.length > 0 ? { 'content-length': String(Buffer.byteLength(body)) } : {};
  send({ hostname, port, method, path, headers: { ...length, ...headers } }, (answer) => {
    const pieces: Buffer[] = [];
    answer.on('data', (piece: Buffer) => pieces.push(piece));
    answer.on('error', reject);
    answer.on('end', () =>
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: Buffer.concat(pieces),
      }),
    );
  })
    .on('error', reject)
    .end(body);
  return promise;
}

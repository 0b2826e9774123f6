import { nameOf, REGION, resourcesOf, type Template, type Value } from '../template/index.ts';
import { type CachePolicy, readCachePolicy } from './cache-policy.ts';
import { type EdgeFunction, readEdgeFunction } from './edge-function.ts';
import { type HeadersPolicy, readHeadersPolicy } from './headers-policy.ts';

export interface Distribution {
  readonly logicalId: string;
  readonly id: string;
  readonly arn: string;
  readonly domainName: string;
  /** The origin's name. */
  readonly bucket: string;
  /** What precedes the path of a request at the origin: empty, or such as `/output`. */
  readonly originPath: string;
  readonly cachePolicy: CachePolicy;
  readonly headersPolicy: HeadersPolicy | undefined;
  readonly compresses: boolean;
  readonly functions: Readonly<Partial<Record<EventType, EdgeFunction>>>;
  /** How many seconds an error with that status stays in the cache. */
  readonly errorSeconds: (status: number) => number;
}

const EVENT_TYPES = ['viewer-request', 'viewer-response'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** How long errors stay if the distribution does not say. */
const DEFAULT_ERROR_SECONDS = 10;
const YEAR_SECONDS = 365 * 24 * 3600;

// Names, certificates, protocols, prices and logs have no effect on one machine.
const CONFIG = [
  'Aliases',
  'Comment',
  'CustomErrorResponses',
  'DefaultCacheBehavior',
  'Enabled',
  'HttpVersion',
  'IPV6Enabled',
  'Logging',
  'Origins',
  'PriceClass',
  'ViewerCertificate',
];
const ORIGIN = [
  'ConnectionAttempts',
  'ConnectionTimeout',
  'DomainName',
  'Id',
  'OriginAccessControlId',
  'OriginPath',
  'OriginShield',
  'S3OriginConfig',
];
const BEHAVIOR = [
  'AllowedMethods',
  'CachedMethods',
  'CachePolicyId',
  'Compress',
  'FunctionAssociations',
  'ResponseHeadersPolicyId',
  'TargetOriginId',
  'ViewerProtocolPolicy',
];

/**
 * The template's distribution, if it has one.
 * @throws TemplateError
 */
export function distributionsOf(template: Template): Distribution[] {
  const found = resourcesOf(template, 'AWS::CloudFront::Distribution');
  found[1]?.properties.fail(
    'one AWS::CloudFront::Distribution, since the runtime serves only one,',
    'a second',
  );
  return found.map(({ logicalId, properties }) => {
    const config = properties.only(['DistributionConfig', 'Tags']).at('DistributionConfig').only(CONFIG);
    if (!config.at('Enabled').boolean()) config.at('Enabled').fail('true');
    return {
      logicalId,
      id: nameOf.cloudFrontId(logicalId),
      arn: nameOf.distributionArn(logicalId),
      domainName: nameOf.distributionDomain(logicalId),
      errorSeconds: readErrorResponses(config.at('CustomErrorResponses')),
      ...readOrigin(template, config.at('Origins')),
      ...readBehavior(template, config),
    };
  });
}

function readOrigin(template: Template, origins: Value): Pick<Distribution, 'bucket' | 'originPath'> {
  const [origin = origins.fail('an origin'), another] = origins.list();
  another?.fail('one origin', 'a second');
  origin.only(ORIGIN);
  const identity = origin.at('S3OriginConfig').only(['OriginAccessIdentity']).at('OriginAccessIdentity');
  if ((identity.raw ?? '') !== '') identity.fail("an origin access control in its place, and ''");
  checkAccessControl(template, origin.at('OriginAccessControlId'));
  const domain = origin.at('DomainName');
  const [, bucket] = /^(.+?)\.s3(?:\.([a-z0-9-]+))?\.amazonaws\.com$/.exec(domain.text()) ?? [];
  if (bucket === undefined || !domain.text().match(`\\.s3(\\.${REGION})?\\.amazonaws\\.com$`))
    return domain.fail(`the domain name of a bucket, such as local-bucket.s3.${REGION}.amazonaws.com`);
  const path = origin.at('OriginPath').ifPresent((value) => value.text()) ?? '';
  if (!/^(\/.*[^/])?$/.test(path))
    origin.at('OriginPath').fail('a path that starts with a / and ends without');
  return { bucket, originPath: path };
}

/** Without a signature, S3 would refuse every request. */
function checkAccessControl(template: Template, id: Value): void {
  const { properties } = findById(template, 'AWS::CloudFront::OriginAccessControl', id);
  const config = properties.only(['OriginAccessControlConfig']).at('OriginAccessControlConfig');
  config.only(['Description', 'Name', 'OriginAccessControlOriginType', 'SigningBehavior', 'SigningProtocol']);
  config.at('OriginAccessControlOriginType').oneOf(['s3']);
  // These are the same here, since viewers' Authorization headers are not forwarded.
  config.at('SigningBehavior').oneOf(['always', 'no-override']);
  config.at('SigningProtocol').oneOf(['sigv4']);
}

function readBehavior(
  template: Template,
  config: Value,
): Pick<Distribution, 'cachePolicy' | 'headersPolicy' | 'compresses' | 'functions'> {
  const behavior = config.at('DefaultCacheBehavior').only(BEHAVIOR);
  const target = behavior.at('TargetOriginId');
  if (target.text() !== config.at('Origins').at(0).at('Id').text()) target.fail("the origin's Id");
  behavior.at('ViewerProtocolPolicy').oneOf(['allow-all', 'https-only', 'redirect-to-https']);
  for (const name of ['AllowedMethods', 'CachedMethods'])
    for (const method of behavior.at(name).ifPresent((value) => value.list()) ?? [])
      method.oneOf(['GET', 'HEAD']);
  const cachePolicy = findById(template, 'AWS::CloudFront::CachePolicy', behavior.at('CachePolicyId'));
  const headersPolicy = behavior
    .at('ResponseHeadersPolicyId')
    .ifPresent((id) => findById(template, 'AWS::CloudFront::ResponseHeadersPolicy', id));
  return {
    cachePolicy: readCachePolicy(cachePolicy.properties),
    headersPolicy: headersPolicy && readHeadersPolicy(headersPolicy.properties),
    compresses: behavior.at('Compress').ifPresent((value) => value.boolean()) ?? false,
    functions: readFunctions(template, behavior.at('FunctionAssociations')),
  };
}

function readFunctions(template: Template, associations: Value): Distribution['functions'] {
  const functions: Partial<Record<EventType, EdgeFunction>> = {};
  for (const association of associations.ifPresent((value) => value.list()) ?? []) {
    const eventType = association.only(['EventType', 'FunctionARN']).at('EventType');
    const type = eventType.oneOf(EVENT_TYPES);
    if (functions[type]) eventType.fail('one function for each event type', 'a second');
    const arn = association.at('FunctionARN');
    const found = resourcesOf(template, 'AWS::CloudFront::Function').find(
      ({ logicalId }) => nameOf.edgeFunctionArn(logicalId) === arn.raw,
    );
    functions[type] = readEdgeFunction(found ?? arn.fail('the ARN of a function of this template'));
  }
  return functions;
}

function readErrorResponses(responses: Value): Distribution['errorSeconds'] {
  const entries = (responses.ifPresent((value) => value.list()) ?? []).map((response) => {
    response.only(['ErrorCachingMinTTL', 'ErrorCode']);
    return [
      response.at('ErrorCode').integer(400, 599),
      response.at('ErrorCachingMinTTL').integer(0, YEAR_SECONDS),
    ] as const;
  });
  const seconds = new Map(entries);
  return (status) => seconds.get(status) ?? DEFAULT_ERROR_SECONDS;
}

/** The resource of that type with that id, which both !Ref and !GetAtt Id return. */
function findById(template: Template, type: string, id: Value) {
  const found = resourcesOf(template, type).find(
    ({ logicalId }) => nameOf.cloudFrontId(logicalId) === id.raw,
  );
  return found ?? id.fail(`the id of an ${type} of this template`);
}

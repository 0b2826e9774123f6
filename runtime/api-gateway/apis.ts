import { resourcesOf } from '../template/properties.ts';
import type { Template } from '../template/template.ts';
import type { Value } from '../template/value.ts';

export interface Api {
  readonly logicalId: string;
  readonly stageName: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  /** The OpenAPI body, to be read by the gateway with the template's lines at hand. */
  readonly definitionBody: Value;
  readonly throttling: { readonly requestsPerSecond: number; readonly burst: number } | undefined;
}

// Logging, tracing, endpoint types and TLS have no meaning on one machine. Auth and Cors are SAM's own rewriting of the
// body: the body says these things itself.
const SUPPORTED = [
  'AccessLogSetting',
  'AlwaysDeploy',
  'DefinitionBody',
  'Description',
  'EndpointAccessMode',
  'EndpointConfiguration',
  'MethodSettings',
  'Name',
  'OpenApiVersion',
  'SecurityPolicy',
  'StageName',
  'Tags',
  'TracingEnabled',
  'Variables',
];
const METHOD_SETTINGS = [
  'DataTraceEnabled',
  'HttpMethod',
  'LoggingLevel',
  'MetricsEnabled',
  'ResourcePath',
  'ThrottlingBurstLimit',
  'ThrottlingRateLimit',
];

/** The APIs of the template. */
export function apisOf(template: Template): Api[] {
  const found = resourcesOf(template, 'AWS::Serverless::Api');
  found[1]?.properties.fail('one AWS::Serverless::Api, which is what is served here,', 'a second');
  return found.map(({ logicalId, properties }) => {
    properties.only(SUPPORTED);
    const variables = properties.at('Variables').ifPresent((value) => value.entries()) ?? [];
    return {
      logicalId,
      stageName: properties.at('StageName').text(),
      stageVariables: Object.fromEntries(variables.map(([name, value]) => [name, value.scalar()])),
      definitionBody: properties.at('DefinitionBody'),
      throttling: throttlingOf(properties.at('MethodSettings')),
    };
  });
}

function throttlingOf(settings: Value): Api['throttling'] {
  const [setting, another] = settings.ifPresent((value) => value.list()) ?? [];
  if (another) another.fail('one MethodSettings entry for all methods', 'a second');
  if (!setting) return undefined;
  setting.only(METHOD_SETTINGS);
  if (setting.at('ResourcePath').text() !== '/*') setting.at('ResourcePath').fail('/*');
  if (setting.at('HttpMethod').text() !== '*') setting.at('HttpMethod').fail('*');
  const rate = setting.at('ThrottlingRateLimit').ifPresent((value) => value.number());
  const burst = setting.at('ThrottlingBurstLimit').ifPresent((value) => value.number());
  return rate === undefined || burst === undefined ? undefined : { requestsPerSecond: rate, burst };
}

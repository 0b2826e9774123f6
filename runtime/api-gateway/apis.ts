import type { Template, Value } from '../template/index.ts';
import { resourcesOf } from '../template/index.ts';

export interface Api {
  readonly logicalId: string;
  readonly stageName: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  /** The OpenAPI body, as a Value so that the gateway can report template lines. */
  readonly definitionBody: Value;
}

// Logging, tracing, endpoint types and TLS have no effect on one machine. Auth and Cors, with which SAM rewrites the
// body, are not supported: the body itself can declare both.
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
  'PropagateTags',
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

/**
 * The template's API, if it has one.
 * @throws TemplateError
 */
export function apisOf(template: Template): Api[] {
  const found = resourcesOf(template, 'AWS::Serverless::Api');
  found[1]?.properties.fail('one AWS::Serverless::Api, since the runtime serves only one,', 'a second');
  return found.map(({ logicalId, properties }) => {
    properties.only(SUPPORTED);
    properties.at('MethodSettings').ifPresent(checkMethodSettings);
    const variables = properties.at('Variables').ifPresent((value) => value.entries()) ?? [];
    return {
      logicalId,
      stageName: properties.at('StageName').text(),
      stageVariables: Object.fromEntries(variables.map(([name, value]) => [name, value.scalar()])),
      definitionBody: properties.at('DefinitionBody'),
    };
  });
}

/** Checked but not followed: nothing is throttled or measured here. */
function checkMethodSettings(settings: Value): void {
  const [setting, another] = settings.list();
  if (another) another.fail('one MethodSettings entry for all methods', 'a second');
  if (!setting) return;
  setting.only(METHOD_SETTINGS);
  if (setting.at('ResourcePath').text() !== '/*') setting.at('ResourcePath').fail('/*');
  if (setting.at('HttpMethod').text() !== '*') setting.at('HttpMethod').fail('*');
  for (const limit of ['ThrottlingRateLimit', 'ThrottlingBurstLimit'])
    setting.at(limit).ifPresent((value) => value.number());
}

// Reads an OpenAPI body into the methods that the gateway serves.
// Follows "OpenAPI extensions for API Gateway" (API Gateway Developer Guide).

import { assumedRole, type Role } from '../iam/index.ts';
import { TemplateError, Value } from '../template/index.ts';
import type { Api } from './apis.ts';
import { type AnswerFault, readGatewayResponses, readStaticHeaders } from './gateway-responses.ts';
import { createModels, type ValidateBody } from './request-validator.ts';
import { compileTemplate, type Render } from './velocity.ts';
import { VelocityMistake } from './velocity-check.ts';

export interface Definition {
  readonly methods: readonly Method[];
  readonly answerFault: AnswerFault;
}

export interface Method {
  /** Upper case. */
  readonly httpMethod: string;
  /** As in the body: /orders/{orderId}. */
  readonly path: string;
  readonly security: readonly SecurityScheme[];
  readonly validateBody: ValidateBody | undefined;
  readonly integration: TemplateIntegration | ProxyIntegration;
}

type SecurityScheme = 'sigv4' | 'apiKey';

/** Mapping templates write the request of a call and the response to the client. */
export interface TemplateIntegration {
  readonly kind: 'templates';
  /** Undefined for a mock integration, which answers with the statusCode of its rendered request template. */
  readonly call: StatesCall | undefined;
  readonly requestTemplates: ReadonlyMap<string, Render>;
  readonly responses: readonly IntegrationResponse[];
}

/** A Lambda proxy integration: a function gets the whole request and answers the whole response. */
export interface ProxyIntegration {
  readonly kind: 'proxy';
  /** With or without an alias. */
  readonly functionArn: string;
  /** The logical id of the role that the function is invoked with. */
  readonly role: string;
  readonly timeoutMs: number;
}

export interface StatesCall {
  /** The X-Amz-Target of the call. */
  readonly target: StatesTarget;
  /** The logical id of the role that the call is made with. */
  readonly role: string;
}

export type StatesTarget = 'AWSStepFunctions.StartExecution' | 'AWSStepFunctions.DescribeExecution';

interface IntegrationResponse {
  /** The whole status code must match it; undefined for the default response. */
  readonly pattern: RegExp | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined if the integration's response body is passed through. */
  readonly render: Render | undefined;
}

const BODY_KEYS = [
  'components',
  'info',
  'openapi',
  'paths',
  'security',
  'tags',
  // TLS has no effect here.
  'x-amazon-apigateway-endpoint-access-mode',
  'x-amazon-apigateway-gateway-responses',
  'x-amazon-apigateway-request-validator',
  'x-amazon-apigateway-request-validators',
  'x-amazon-apigateway-security-policy',
];
const HTTP_METHODS = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'];
const METHOD_KEYS = [
  'description',
  'operationId',
  'parameters',
  'requestBody',
  'responses',
  'security',
  'summary',
  'tags',
  'x-amazon-apigateway-integration',
  'x-amazon-apigateway-request-validator',
];
const MOCK_KEYS = ['passthroughBehavior', 'requestTemplates', 'responses', 'type'];
const INTEGRATION_KEYS = ['credentials', 'httpMethod', 'uri', ...MOCK_KEYS];
const PROXY_KEYS = [
  'credentials',
  'httpMethod',
  'passthroughBehavior',
  'responses',
  'timeoutInMillis',
  'type',
  'uri',
];
const FUNCTION_URI =
  /^arn:aws:apigateway:us-east-1:lambda:path\/2015-03-31\/functions\/(arn:aws:lambda:us-east-1:\d{12}:function:[\w-]+(?::[\w$-]+)?)\/invocations$/;

/** The limits of timeoutInMillis; the upper one is also the default. */
const MIN_TIMEOUT_MS = 50;
const MAX_TIMEOUT_MS = 29_000;

/**
 * Reads an API's OpenAPI body.
 * @throws TemplateError for whatever is not supported.
 */
export function readDefinition(api: Api, roles: ReadonlyMap<string, Role>): Definition {
  const body = api.definitionBody.only(BODY_KEYS);
  if (!/^3\.0\.\d$/.test(body.at('openapi').text())) body.at('openapi').fail('version 3.0 of OpenAPI');
  const components = body.at('components').ifPresent((value) => value.only(['schemas', 'securitySchemes']));
  const shared: Shared = {
    body,
    roles,
    schemes: readSchemes(body.at('components').ifPresent((value) => value.at('securitySchemes'))),
    modelsOf: createModels(components ?? new Value({}, body.path, body.place)),
  };
  return {
    answerFault: readGatewayResponses(body.at('x-amazon-apigateway-gateway-responses')),
    methods: body
      .at('paths')
      .entries()
      .flatMap(([path, methods]) =>
        methods
          .only(HTTP_METHODS)
          .entries()
          .map(([httpMethod, method]) => readMethod(httpMethod.toUpperCase(), path, method, shared)),
      ),
  };
}

interface Shared {
  readonly body: Value;
  readonly roles: ReadonlyMap<string, Role>;
  readonly schemes: ReadonlyMap<string, SecurityScheme>;
  readonly modelsOf: (content: Value) => ValidateBody;
}

function readMethod(httpMethod: string, path: string, method: Value, shared: Shared): Method {
  method.only(METHOD_KEYS);
  const segments = path.split('/').slice(1);
  if (!path.startsWith('/') || !segments.every((segment) => /^([\w.:~-]+|\{[\w.-]+\})$/.test(segment)))
    method.fail('a path of plain segments and {parameters}', path);
  const security = method.at('security').isAbsent ? shared.body.at('security') : method.at('security');
  const integration = readIntegration(method.at('x-amazon-apigateway-integration'), shared.roles);
  for (const response of integration.responses) checkDeclared(response, method.at('responses'));
  return {
    httpMethod,
    path,
    security: readSecurity(security, shared.schemes),
    validateBody: readValidator(method, shared),
    integration: integration.integration,
  };
}

/** Refuses a status or a header that the method's responses do not declare. */
function checkDeclared({ status, headers, place }: PlacedResponse, responses: Value): void {
  const declared = responses.at(String(status));
  if (declared.isAbsent)
    place.at('statusCode').fail(`one of the method's responses (${responses.entries().map(([key]) => key)})`);
  for (const name of Object.keys(headers))
    if (declared.at('headers').at(name).isAbsent)
      place.at('responseParameters').fail(`only headers that the method's response ${status} declares`, name);
}

function readSchemes(schemes: Value | undefined): ReadonlyMap<string, SecurityScheme> {
  const entries = schemes?.ifPresent((value) => value.entries()) ?? [];
  return new Map(
    entries.map(([name, scheme]) => {
      scheme.only(['description', 'in', 'name', 'type', 'x-amazon-apigateway-authtype']);
      scheme.at('type').oneOf(['apiKey']);
      scheme.at('in').oneOf(['header']);
      const header = scheme.at('name').oneOf(['Authorization', 'x-api-key']);
      const authType = scheme
        .at('x-amazon-apigateway-authtype')
        .ifPresent((value) => value.oneOf(['awsSigv4']));
      if ((header === 'Authorization') !== (authType === 'awsSigv4'))
        scheme.fail('awsSigv4 with the header Authorization, or no authtype with the header x-api-key');
      return [name, authType ? 'sigv4' : 'apiKey'];
    }),
  );
}

function readSecurity(security: Value, schemes: ReadonlyMap<string, SecurityScheme>): SecurityScheme[] {
  const [requirement, another] = security.ifPresent((value) => value.list()) ?? [];
  if (another) another.fail('one security requirement', 'a second');
  return (requirement?.entries() ?? []).map(
    ([name, scopes]) =>
      schemes.get(name) ?? scopes.fail(`one of the schemes ${[...schemes.keys()].join(', ')}`, name),
  );
}

function readValidator(method: Value, { body, modelsOf }: Shared): ValidateBody | undefined {
  const own = method.at('x-amazon-apigateway-request-validator');
  const name = own.isAbsent ? body.at('x-amazon-apigateway-request-validator') : own;
  const content = method
    .at('requestBody')
    .ifPresent((value) => value.only(['content', 'description', 'required']).at('content'));
  // Models are compiled even if no validator uses them: a mistake in one makes a deployment fail.
  const validate = content && modelsOf(content);
  if (name.isAbsent) return undefined;
  const validator = body.at('x-amazon-apigateway-request-validators').at(name.text());
  if (validator.isAbsent) name.fail('one of x-amazon-apigateway-request-validators');
  validator.only(['validateRequestBody', 'validateRequestParameters']);
  if (validator.at('validateRequestParameters').ifPresent((value) => value.boolean()))
    validator.at('validateRequestParameters').fail('false: required parameters are not checked here');
  return validator.at('validateRequestBody').ifPresent((value) => value.boolean()) ? validate : undefined;
}

interface ReadIntegration {
  readonly integration: Method['integration'];
  readonly responses: readonly PlacedResponse[];
}

function readIntegration(value: Value, roles: ReadonlyMap<string, Role>): ReadIntegration {
  const type = value.at('type').oneOf(['aws', 'aws_proxy', 'mock']);
  if (type === 'aws_proxy') return { integration: readProxy(value, roles), responses: [] };
  value.only(type === 'mock' ? MOCK_KEYS : INTEGRATION_KEYS);
  value.at('passthroughBehavior').oneOf(['never']);
  const responses = value
    .at('responses')
    .entries()
    .map(([pattern, response]) => readResponse(pattern, response));
  return {
    integration: {
      kind: 'templates',
      call: type === 'aws' ? readCall(value, roles) : undefined,
      requestTemplates: readTemplates(value.at('requestTemplates')),
      // The default comes last: all patterns are tried first.
      responses: [
        ...responses.filter(({ pattern }) => pattern !== undefined),
        ...responses.filter(({ pattern }) => pattern === undefined),
      ],
    },
    responses,
  };
}

/** API Gateway accepts passthroughBehavior and responses in a proxy integration, but does not follow them. */
function readProxy(value: Value, roles: ReadonlyMap<string, Role>): ProxyIntegration {
  value.only(PROXY_KEYS);
  value.at('httpMethod').oneOf(['POST']);
  value
    .at('passthroughBehavior')
    .ifPresent((behavior) => behavior.oneOf(['never', 'when_no_match', 'when_no_templates']));
  const [, functionArn] = FUNCTION_URI.exec(value.at('uri').text()) ?? [];
  const credentials = value.at('credentials');
  if (credentials.isAbsent)
    credentials.fail('the ARN of a role, since no AWS::Lambda::Permission is followed here,');
  return {
    kind: 'proxy',
    functionArn: functionArn ?? value.at('uri').fail('lambda:path/2015-03-31/functions/ARN/invocations'),
    role: assumedRole(credentials, roles, 'apigateway.amazonaws.com').logicalId,
    timeoutMs:
      value.at('timeoutInMillis').ifPresent((limit) => limit.integer(MIN_TIMEOUT_MS, MAX_TIMEOUT_MS)) ??
      MAX_TIMEOUT_MS,
  };
}

function readCall(value: Value, roles: ReadonlyMap<string, Role>): StatesCall {
  value.at('httpMethod').oneOf(['POST']);
  const role = assumedRole(value.at('credentials'), roles, 'apigateway.amazonaws.com');
  return { target: readTarget(value.at('uri')), role: role.logicalId };
}

function readTarget(uri: Value): StatesTarget {
  const action = /^arn:aws:apigateway:us-east-1:states:action\/(\w+)$/.exec(uri.text())?.[1];
  if (action === 'StartExecution' || action === 'DescribeExecution') return `AWSStepFunctions.${action}`;
  return uri.fail('the action states:action/StartExecution or states:action/DescribeExecution');
}

type PlacedResponse = IntegrationResponse & { readonly place: Value };

function readResponse(pattern: string, response: Value): PlacedResponse {
  response.only(['responseParameters', 'responseTemplates', 'statusCode']);
  const templates = response.at('responseTemplates').ifPresent(readTemplates);
  return {
    pattern: pattern === 'default' ? undefined : readPattern(pattern, response),
    status: response.at('statusCode').number(),
    headers: readStaticHeaders(response.at('responseParameters'), 'method.response.header.'),
    render: templates?.get('application/json'),
    place: response,
  };
}

function readPattern(pattern: string, response: Value): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return response.fail('a regular expression or default as its key', pattern);
  }
}

function readTemplates(templates: Value): Map<string, Render> {
  templates.only(['application/json']);
  return new Map(templates.entries().map(([contentType, template]) => [contentType, readTemplate(template)]));
}

function readTemplate(template: Value): Render {
  try {
    return compileTemplate(template.text());
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    // The text of a block scalar begins on the line after its key.
    const firstLine = template.line + (template.text().includes('\n') ? 1 : 0);
    const line = error instanceof VelocityMistake ? firstLine + error.line : template.line;
    const message = error instanceof Error ? error.message : String(error);
    const expectation =
      error instanceof VelocityMistake ? message : `expected a mapping template, found: ${message}`;
    throw new TemplateError(`${template.place.name}:${line}: ${expectation}`);
  }
}

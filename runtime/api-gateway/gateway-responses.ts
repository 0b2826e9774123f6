import type { Value } from '../template/index.ts';

/** A request that the gateway answers itself, with one of its gateway responses. */
export class GatewayFault extends Error {
  override readonly name = 'GatewayFault';
  readonly type: GatewayResponseType;
  /** In place of the default status of its type. */
  readonly status: number | undefined;
  constructor(type: GatewayResponseType, message: string, status?: number) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** The gateway responses that can occur here, with AWS's default status and x-amzn-ErrorType. */
const DEFAULTS = {
  ACCESS_DENIED: { status: 403, errorType: 'AccessDeniedException' },
  API_CONFIGURATION_ERROR: { status: 500, errorType: 'InternalServerErrorException' },
  BAD_REQUEST_BODY: { status: 400, errorType: 'BadRequestException' },
  BAD_REQUEST_PARAMETERS: { status: 400, errorType: 'BadRequestException' },
  INTEGRATION_FAILURE: { status: 504, errorType: 'InternalServerErrorException' },
  INTEGRATION_TIMEOUT: { status: 504, errorType: 'InternalServerErrorException' },
  INVALID_API_KEY: { status: 403, errorType: 'ForbiddenException' },
  INVALID_SIGNATURE: { status: 403, errorType: 'IncompleteSignatureException' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, errorType: 'MissingAuthenticationTokenException' },
  REQUEST_TOO_LARGE: { status: 413, errorType: 'RequestTooLargeException' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, errorType: 'UnsupportedMediaTypeException' },
} as const;

/** The gateway responses that a template may declare although nothing here causes them. */
const NEVER_HAPPENING = [
  'AUTHORIZER_CONFIGURATION_ERROR',
  'AUTHORIZER_FAILURE',
  'EXPIRED_TOKEN',
  'QUOTA_EXCEEDED',
  'RESOURCE_NOT_FOUND',
  'THROTTLED',
  'UNAUTHORIZED',
  'WAF_FILTERED',
];

type GatewayResponseType = keyof typeof DEFAULTS;

interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type AnswerFault = (fault: GatewayFault, requestId: string) => GatewayAnswer;

interface Declared {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly template: string | undefined;
}

// Gateway responses are not Velocity: API Gateway only replaces variables in them.
const VARIABLES = /\$(context|stageVariables)\.[A-Za-z0-9_.]+/g;
const KNOWN_VARIABLES = [
  '$context.error.message',
  '$context.error.messageString',
  '$context.error.responseType',
  '$context.requestId',
];
const DEFAULT_TEMPLATE = '{"message":$context.error.messageString}';

/**
 * Reads the declared gateway responses. The result answers a fault with the declared response, or else with API
 * Gateway's default.
 * @throws TemplateError
 */
export function readGatewayResponses(section: Value): AnswerFault {
  const types = [...Object.keys(DEFAULTS), ...NEVER_HAPPENING, 'DEFAULT_4XX', 'DEFAULT_5XX'];
  const entries = section.ifPresent((value) => value.only(types).entries()) ?? [];
  const declared = new Map(entries.map(([type, value]) => [type, readDeclared(value)]));
  return ({ type, message, status = DEFAULTS[type].status }, requestId) => {
    const { errorType } = DEFAULTS[type];
    const chosen = declared.get(type) ?? declared.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
    const values: Readonly<Record<string, string>> = {
      '$context.error.message': message,
      '$context.error.messageString': JSON.stringify(message),
      '$context.error.responseType': type,
      '$context.requestId': requestId,
    };
    const body = (chosen?.template ?? DEFAULT_TEMPLATE).replace(VARIABLES, (name) => values[name] ?? name);
    return {
      status: chosen?.status ?? status,
      headers: { 'x-amzn-ErrorType': errorType, ...chosen?.headers },
      body,
    };
  };
}

function readDeclared(value: Value): Declared {
  value.only(['responseParameters', 'responseTemplates', 'statusCode']);
  const template = value
    .at('responseTemplates')
    .ifPresent((templates) => templates.only(['application/json']).at('application/json'));
  for (const [name] of template?.text().matchAll(VARIABLES) ?? [])
    if (!KNOWN_VARIABLES.includes(name))
      template?.fail(`only the variables ${KNOWN_VARIABLES.join(', ')}`, name);
  return {
    status: value.at('statusCode').ifPresent((status) => status.number()),
    headers: readStaticHeaders(value.at('responseParameters'), 'gatewayresponse.header.'),
    template: template?.text(),
  };
}

/**
 * Reads headers that are literals in single quotes, the only response parameters that are supported.
 * @throws TemplateError
 */
export function readStaticHeaders(parameters: Value, prefix: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of parameters.ifPresent((present) => present.entries()) ?? []) {
    const literal = /^'([^']*)'$/.exec(value.text())?.[1];
    if (!name.startsWith(prefix)) value.fail(`a name that begins with ${prefix}`, name);
    headers[name.slice(prefix.length)] = literal ?? value.fail("a literal in single quotes, such as '*'");
  }
  return headers;
}

import { expect } from 'chai';
import { readDefinition } from '../../api-gateway/api-definition.ts';
import { GatewayFault } from '../../api-gateway/gateway-responses.ts';
import { apisOf } from '../../api-gateway/index.ts';
import { rolesOf } from '../../iam/index.ts';
import { TemplateError } from '../../template/index.ts';
import { changedFixture, FIXTURE, lineOf, readTemplateAt } from '../support/template-file.ts';

function define(file: string, parameterOverrides: Record<string, string> = {}) {
  const template = readTemplateAt(file, parameterOverrides);
  const [api] = apisOf(template);
  if (!api) throw new Error('expected an API, found none');
  return readDefinition(api, rolesOf(template));
}

describe('OpenAPI bodies (AWS: OpenAPI extensions for API Gateway)', () => {
  for (const [what, from, to, line, message] of [
    [
      'an integration of another service',
      'states:action/StartExecution',
      'sqs:action/SendMessage',
      'sqs:action',
      /states:action\/StartExecution or .* found ".*sqs:action/,
    ],
    [
      'another action of Step Functions',
      'states:action/StartExecution',
      'states:action/StopExecution',
      'states:action/StopExecution',
      /found ".*StopExecution"/,
    ],
    ['another type of integration', 'type: aws\n', 'type: http\n', 'type: http', /found "http"/],
    [
      'another passthroughBehavior',
      'passthroughBehavior: never',
      'passthroughBehavior: when_no_match',
      'when_no_match',
      /found "when_no_match"/,
    ],
    [
      'request parameters',
      '                passthroughBehavior: never',
      '                requestParameters: {}\n                passthroughBehavior: never',
      'requestParameters',
      /: requestParameters is not supported here for /,
    ],
    [
      'a role that API Gateway may not assume',
      '!GetAtt RenderNotesStateMachineRenderRole.Arn',
      '!GetAtt RenderNotesStateMachineRole.Arn',
      'credentials: !GetAtt RenderNotesStateMachineRole.Arn',
      /a role that apigateway\.amazonaws\.com may assume/,
    ],
    [
      'an unknown method in a mapping template',
      '#set($headers = $input.params().header)',
      '#set($headers = $input.params().header.foo())',
      '.foo()',
      /found foo\(\)/,
    ],
    [
      'an unknown variable in a mapping template',
      '"input": "$util',
      '"input": "$utility',
      '$utility',
      /found \$utility/,
    ],
    [
      'a mapping template for another content type',
      '                requestTemplates:\n',
      '                requestTemplates:\n                  text/plain: x\n',
      'text/plain',
      /: text\/plain is not supported here for /,
    ],
    ['another version of OpenAPI', 'openapi: 3.0.1', 'openapi: 3.1.0', 'openapi: 3.1.0', /found "3\.1\.0"/],
    [
      "a header that the method's response does not have",
      '- !Ref AWS::NoValue\n                    responseTemplates:',
      '- method.response.header.X-Other: "\'*\'"\n                    responseTemplates:',
      'responseParameters: *corsParameters',
      /found X-Other$/,
    ],
    [
      "a status that is not among the method's responses",
      "statusCode: '200'",
      "statusCode: '201'",
      "statusCode: '201'",
      /found "201"/,
    ],
    [
      'a security scheme that it does not define',
      '[{ sigv4: [] }]',
      '[{ oauth: [] }]',
      '!If [IsApiAuthIam',
      /one of the schemes sigv4, apiKey .* found oauth/,
    ],
    [
      'another kind of authorizer',
      'x-amazon-apigateway-authtype: awsSigv4',
      'x-amazon-apigateway-authtype: custom',
      'authtype: custom',
      /found "custom"/,
    ],
    [
      'a request validator that it does not define',
      'request-validator: body',
      'request-validator: all',
      'request-validator: all',
      /found "all"/,
    ],
    [
      'validation of parameters',
      'validateRequestParameters: false',
      'validateRequestParameters: true',
      'validateRequestParameters',
      /false: required parameters/,
    ],
    [
      'a model that is not JSON Schema draft 4',
      'required: [key, prefix]',
      'required: []',
      'RenderRequest:',
      /draft 4 .* found RenderRequest\/not\/required must NOT have fewer than 1 items/,
    ],
    [
      'a keyword of a later draft',
      'minLength: 7',
      'nullable: true',
      "schema: { $ref: '#/components/schemas/RenderRequest' }",
      /unknown keyword: "nullable"/,
    ],
    [
      'a keyword that no draft has',
      'minLength: 7',
      'minLenght: 7',
      "schema: { $ref: '#/components/schemas/RenderRequest' }",
      /unknown keyword: "minLenght"/,
    ],
    [
      'an unknown gateway response',
      'UNSUPPORTED_MEDIA_TYPE:',
      'UNSUPPORTED_MEDIA:',
      'UNSUPPORTED_MEDIA:',
      /: UNSUPPORTED_MEDIA is not supported here for /,
    ],
    [
      'another variable in a gateway response',
      'Expected the content type application/json.',
      '$context.error.validationErrorString',
      'validationErrorString',
      /found \$context\.error\.validationErrorString/,
    ],
    [
      'an extension that is not supported',
      '        info: {',
      '        x-amazon-apigateway-policy: {}\n        info: {',
      'x-amazon-apigateway-policy',
      /: x-amazon-apigateway-policy is not supported here for /,
    ],
    ['a response pattern that is no regular expression', '2\\d\\d:', "'2[': ", "'2[':", /found 2\[/],
  ] as const)
    it(`an OpenAPI body with ${what} is refused by file and line`, () => {
      const file = changedFixture(from, to);
      expect(() => define(file))
        .to.throw(TemplateError, message)
        .with.property('message')
        .that.matches(new RegExp(`^template\\.yaml:${lineOf(file, line)}: `));
    });
});

describe('Gateway responses (AWS: Gateway responses in API Gateway)', () => {
  const tooLarge = new GatewayFault('REQUEST_TOO_LARGE', 'Request "Too" Long');
  const broken = new GatewayFault('API_CONFIGURATION_ERROR', 'Internal server error');

  it("gateway responses are API Gateway's defaults where the body defines none", () => {
    const { answerFault } = define(FIXTURE);
    expect(answerFault(tooLarge, 'id')).to.deep.include({
      status: 413,
      body: '{"message":"Request \\"Too\\" Long"}',
    });
    expect(answerFault(broken, 'id')).to.deep.include({
      status: 500,
      body: '{"message":"Internal server error"}',
    });
  });

  it('gateway responses are those of DEFAULT_4XX and DEFAULT_5XX where the body defines these but not the one of the fault', () => {
    const declared = `            - statusCode: 418
              responseTemplates: { application/json: '{"no": "$context.error.responseType", "id": "$context.requestId"}' }
              responseParameters: &corsOrigin`;
    const file = changedFixture('            - responseParameters: &corsOrigin', declared);
    const { answerFault } = define(file, { CorsOrigin: 'https://www.example.com' });
    const answer = answerFault(tooLarge, 'the-id');
    expect(answer).to.deep.include({ status: 418, body: '{"no": "REQUEST_TOO_LARGE", "id": "the-id"}' });
    expect(answer.headers).to.include({ 'Access-Control-Allow-Origin': 'https://www.example.com' });
    expect(answerFault(new GatewayFault('UNSUPPORTED_MEDIA_TYPE', ''), 'id').status).to.equal(415);
    expect(answerFault(broken, 'id').status).to.equal(418);
  });
});

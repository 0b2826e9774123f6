// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of !Sub look like JavaScript's.

import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { type Runtime, startRuntime, TemplateError } from '../../index.ts';
import { writeTemplate } from '../support/template-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The part of an integration that invokes a function. */
const invokes = (arn: string, role: string, more = ''): string => `
              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                uri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${arn}/invocations
                credentials: !GetAtt ${role}.Arn${more}`;

const role = (name: string, service: string, policies: string): string => `
  ${name}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: ${service}.amazonaws.com }, Action: sts:AssumeRole }]
      Policies: [${policies}]`;

const func = (name: string, more: string): string => `
  ${name}:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [answer.ts] } }
    Properties: { CodeUri: ., Handler: answer.handler, Runtime: nodejs24.x, Timeout: 20${more} }`;

const allowing = (resource: string): string =>
  `{ PolicyName: Invoke, PolicyDocument: { Statement: { Effect: Allow, Action: lambda:InvokeFunction, Resource: ${resource} } } }`;

const TEMPLATE = `Transform: AWS::Serverless-2016-10-31
Parameters:
  ApiAuth: { Type: String, Default: NONE }
Conditions:
  HasKey: !Equals [!Ref ApiAuth, API_KEY]
Resources:${func('Answer', '')}${func('Published', ', AutoPublishAlias: live')}${func('Busy', ', ReservedConcurrentExecutions: 0')}
${role('InvokeRole', 'apigateway', allowing("'*'"))}${role('IdleRole', 'apigateway', '')}${role('FunctionRole', 'lambda', '')}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Variables: { colour: blue }
      DefinitionBody:
        openapi: 3.0.1
        info: { title: Answers, version: '1' }
        paths:
          /answers:
            post:
              security: !If [HasKey, [{ apiKey: [] }], []]
              responses: {}${invokes('${Answer.Arn}', 'InvokeRole', '\n                passthroughBehavior: when_no_match\n                responses: { default: { statusCode: 200 } }')}
            head:
              responses: {}${invokes('${Answer.Arn}', 'InvokeRole')}
          /validated:
            post:
              x-amazon-apigateway-request-validator: body
              requestBody: { content: { application/json: { schema: { type: object, required: [answer] } } } }
              responses: {}${invokes('${Answer.Arn}', 'InvokeRole')}
          /items/{id}:
            get:
              responses: {}${invokes('${Published.Alias}', 'InvokeRole')}
          /hasty:
            post:
              responses: {}${invokes('${Answer.Arn}', 'InvokeRole', '\n                timeoutInMillis: 1000')}
          /busy:
            post:
              responses: {}${invokes('${Busy.Arn}', 'InvokeRole')}
          /nobody:
            post:
              responses: {}${invokes('arn:aws:lambda:us-east-1:000000000000:function:Nobody', 'InvokeRole')}
          /denied:
            post:
              responses: {}${invokes('${Answer.Arn}', 'IdleRole')}
        components:
          securitySchemes:
            apiKey: { type: apiKey, name: x-api-key, in: header }
        x-amazon-apigateway-request-validators:
          body: { validateRequestBody: true, validateRequestParameters: false }
        x-amazon-apigateway-gateway-responses:
          DEFAULT_5XX:
            responseParameters: { gatewayresponse.header.Access-Control-Allow-Origin: "'https://www.example.com'" }
`;

/** A function that does and answers what the body of its request says, or answers its event. */
const HANDLER = `export const handler = async (event: { readonly body: string | null }) => {
  const { act, answer } = JSON.parse(event.body ?? '{}');
  if (act === 'throw') throw new TypeError('The function is broken');
  if (act === 'exit') process.exit(1);
  if (act === 'sleep') await new Promise((done) => setTimeout(done, 5000));
  if (act === 'nothing') return undefined;
  return answer === undefined ? { statusCode: 200, body: JSON.stringify(event) } : answer;
};
`;

/** Starts a runtime for the suite. */
function useApi(overrides: Readonly<Record<string, string>> = {}) {
  let runtime: Runtime | undefined;
  const warnings: string[] = [];
  before(async () => {
    runtime = await startRuntime({
      templateFile: writeTemplate(TEMPLATE, { 'answer.ts': HANDLER }),
      dataDirectory: temporaryFolder('proxy'),
      port: 0,
      s3Port: 0,
      parameterOverrides: overrides,
      layerDirectory: '/layer',
      apiKey: 'the-key',
      warn: (message) => warnings.push(message),
    });
  });
  after(() => runtime?.stop());
  const url = () => runtime?.apiUrl ?? '';
  return {
    warnings,
    url,
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(url() + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

describe('Lambda proxy integrations (AWS: Lambda proxy integrations in API Gateway)', () => {
  const { post, url, warnings } = useApi();
  const answered = (answer: unknown) => post('/answers', { answer });

  describe('the event', () => {
    it('the event describes the request as the payload format 1.0 does', async () => {
      const sent = await fetch(`${url()}/items/a%20b%2Fc/?q=1&q=two+words&empty=`, {
        headers: { 'X-Own': 'value', 'user-agent': 'test' },
      });
      const event = JSON.parse(await sent.text());
      expect(event).to.deep.include({
        resource: '/items/{id}',
        path: '/items/a%20b%2Fc/',
        httpMethod: 'GET',
        queryStringParameters: { q: 'two words', empty: '' },
        multiValueQueryStringParameters: { q: ['1', 'two words'], empty: [''] },
        pathParameters: { id: 'a%20b%2Fc' },
        stageVariables: { colour: 'blue' },
        body: null,
        isBase64Encoded: false,
      });
      expect(event.headers).to.include({ 'user-agent': 'test', 'X-Forwarded-For': '127.0.0.1' });
      expect(event.multiValueHeaders).to.deep.include({ 'user-agent': ['test'] });
      expect(event.requestContext).to.deep.include({
        accountId: '000000000000',
        apiId: 'local',
        httpMethod: 'GET',
        identity: { sourceIp: '127.0.0.1', userAgent: 'test' },
        path: '/v1/items/a%20b%2Fc/',
        protocol: 'HTTP/1.1',
        resourcePath: '/items/{id}',
        stage: 'v1',
      });
      expect(event.requestContext.requestId).to.equal(sent.headers.get('x-amzn-requestid'));
      expect(event.requestContext.requestTimeEpoch).to.be.closeTo(Date.now(), 60_000);
    });

    it('the event contains the body as text, null for maps that would be empty, and headers as they were written', async () => {
      const [status, text] = await new Promise<[number | undefined, string]>((done, fail) => {
        const pairs = { Host: new URL(url()).host, 'X-Twice': ['one', 'two'], 'content-type': 'text/plain' };
        const headers = Object.entries(pairs).flatMap(([name, values]) =>
          [values].flat().flatMap((value) => [name, value]),
        );
        const sent = httpRequest(`${url()}/answers`, { method: 'POST', headers }, (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => done([response.statusCode, body]));
        });
        sent.on('error', fail);
        sent.end('{"é": 1}');
      });
      expect(status).to.equal(200);
      const event = JSON.parse(text);
      expect(event).to.deep.include({
        body: '{"é": 1}',
        queryStringParameters: null,
        multiValueQueryStringParameters: null,
        pathParameters: null,
      });
      expect(event.headers).to.include({ 'X-Twice': 'two' });
      expect(event.multiValueHeaders).to.deep.include({ 'X-Twice': ['one', 'two'] });
      expect(event.headers).to.not.have.any.keys('connection', 'Connection', 'transfer-encoding');
    });
  });

  describe('the answer', () => {
    for (const [answer, status, body] of [
      [{ statusCode: 200 }, 200, ''],
      [{}, 200, ''],
      [{ headers: { 'x-own': 'value' } }, 200, ''],
      [{ statusCode: '201', body: 'made' }, 201, 'made'],
      [{ statusCode: 404, body: '{"message":"nobody"}' }, 404, '{"message":"nobody"}'],
      [{ statusCode: 200, body: 'ünïcode 🐈' }, 200, 'ünïcode 🐈'],
      [{ statusCode: 200, body: null, headers: null, multiValueHeaders: null }, 200, ''],
      [{ statusCode: 200, body: 'dGVzdA==', isBase64Encoded: true }, 200, 'dGVzdA=='],
      [{ statusCode: 204 }, 204, ''],
    ] as const)
      it(`the API answers ${status} with the body "${body}" if the function answers ${JSON.stringify(answer)}`, async () => {
        const response = await answered(answer);
        expect(response.status).to.equal(status);
        expect(await response.text()).to.equal(body);
      });

    it('the content type of an answer is application/json if the function names none', async () => {
      expect((await answered({ statusCode: 200, body: '{}' })).headers.get('content-type')).to.equal(
        'application/json',
      );
      const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
      expect((await answered({ statusCode: 200, headers })).headers.get('content-type')).to.equal(
        'text/plain; charset=utf-8',
      );
    });

    it('an answer has its headers, with truth values and numbers as text, and the values of both maps of headers', async () => {
      const { headers } = await answered({
        headers: { 'x-true': true, 'x-five': 5, 'x-both': 'single', 'X-Same': 'a' },
        multiValueHeaders: { 'X-Both': ['first', 'second'], 'x-same': ['a'] },
      });
      expect(headers.get('x-true')).to.equal('true');
      expect(headers.get('x-five')).to.equal('5');
      expect(headers.get('x-both')).to.equal('first, second, single');
      expect(headers.get('x-same')).to.equal('a');
    });

    it('several cookies stay several headers', async () => {
      const { headers } = await answered({ multiValueHeaders: { 'Set-Cookie': ['a=1', 'a=1', 'b=2'] } });
      expect(headers.getSetCookie()).to.deep.equal(['a=1', 'a=1', 'b=2']);
    });

    it('headers that API Gateway sets itself get another name, so that they cannot damage the response', async () => {
      const response = await answered({
        body: 'four',
        headers: { 'Content-Length': '1', Connection: 'close' },
      });
      expect(await response.text()).to.equal('four');
      expect(response.headers.get('x-amzn-remapped-content-length')).to.equal('1');
      expect(response.headers.get('x-amzn-remapped-connection')).to.equal('close');
    });

    it('an answer to HEAD has no body', async () => {
      const response = await fetch(`${url()}/answers`, { method: 'HEAD' });
      expect(response.status).to.equal(200);
      expect(await response.text()).to.equal('');
    });

    for (const [what, answer] of [
      ['a text', 'justAText'],
      ['null', null],
      ['a list', []],
      ['an unknown field', { statusCode: 200, wrongField: 'value' }],
      ['__proto__', JSON.parse('{"statusCode":200,"__proto__":{}}')],
      ['a body that is no text', { statusCode: 200, body: { message: 'hello' } }],
      ['a body that is a number', { statusCode: 200, body: 5 }],
      ['a statusCode that is no number', { statusCode: 'test' }],
      ['an empty statusCode', { statusCode: '' }],
      ['a statusCode that is no status', { statusCode: 42 }],
      ['an informational statusCode', { statusCode: 101 }],
      ['a fractional statusCode', { statusCode: 200.5 }],
      ['a text for isBase64Encoded', { statusCode: 200, isBase64Encoded: 'yes' }],
      ['a list of headers', { headers: [] }],
      ['a header that is a map', { headers: { 'x-own': {} } }],
      ['a header that is null', { headers: { 'x-own': null } }],
      ['a header with a line break', { headers: { 'x-own': 'a\r\nx-injected: b' } }],
      ['a header name with a blank', { headers: { 'x own': 'a' } }],
      ['a text among multiValueHeaders', { multiValueHeaders: { 'x-own': 'value' } }],
      ['a map in a list of multiValueHeaders', { multiValueHeaders: { 'x-own': [{}] } }],
    ] as const)
      it(`the API answers 502 Internal server error to a malformed answer: ${what}`, async () => {
        warnings.length = 0;
        const response = await answered(answer);
        expect(response.status).to.equal(502);
        expect(await response.json()).to.deep.equal({ message: 'Internal server error' });
        expect(response.headers.get('access-control-allow-origin')).to.equal('https://www.example.com');
        expect(warnings.join()).to.match(
          /^POST \/v1\/answers: Error: Malformed Lambda proxy response: expected .* but received /,
        );
      });

    it('the API answers 502 if the function answers nothing', async () => {
      expect((await post('/answers', { act: 'nothing' })).status).to.equal(502);
    });
  });

  describe('errors', () => {
    for (const [what, path, act, status, message, warning] of [
      [
        'the function throws',
        '/answers',
        'throw',
        502,
        'Internal server error',
        /TypeError: The function is broken/,
      ],
      [
        'the function ends its process',
        '/answers',
        'exit',
        502,
        'Internal server error',
        /Runtime\.ExitError/,
      ],
      ['the function is throttled', '/busy', '', 500, 'Internal server error', /TooManyRequestsException/],
      [
        'there is no such function',
        '/nobody',
        '',
        500,
        'Internal server error',
        /Function not found: \S+:Nobody/,
      ],
      [
        'the role may not invoke the function',
        '/denied',
        '',
        500,
        'Internal server error',
        /assumed-role\/IdleRole\/local is not authorized to perform: lambda:InvokeFunction on resource: \S+:function:Answer /,
      ],
      [
        'the function takes longer than timeoutInMillis',
        '/hasty',
        'sleep',
        504,
        'Endpoint request timed out',
        /^$/,
      ],
    ] as const)
      it(`the API answers ${status} ${message} if ${what}`, async () => {
        warnings.length = 0;
        const response = await post(path, { act });
        expect(response.status).to.equal(status);
        expect(await response.json()).to.deep.equal({ message });
        expect(response.headers.get('x-amzn-errortype')).to.equal('InternalServerErrorException');
        expect(response.headers.get('access-control-allow-origin')).to.equal('https://www.example.com');
        expect(warnings.join()).to.match(warning);
      });
  });

  it('a request whose event is larger than the 6 MiB that Lambda takes is refused', async () => {
    const refused = await post('/answers', JSON.stringify({ text: 'x'.repeat(6_291_000) }));
    expect(refused.status).to.equal(413);
    expect(await refused.json()).to.deep.equal({ message: 'Request Too Long' });
    const largest = await post('/answers', JSON.stringify({ answer: {}, text: 'x'.repeat(6_280_000) }));
    expect(largest.status).to.equal(200);
  });

  it('a body that the model of its content type does not allow is refused before the function is invoked', async () => {
    const refused = await post('/validated', { act: 'throw' });
    expect(refused.status).to.equal(400);
    expect(await refused.json()).to.deep.equal({ message: 'Invalid request body' });
    expect((await post('/validated', { answer: { statusCode: 202 } })).status).to.equal(202);
  });

  it('a body of another content type is not validated and reaches the function, unlike with mapping templates', async () => {
    const response = await post('/validated', '{}', { 'content-type': 'text/plain' });
    expect(response.status).to.equal(200);
    expect(await response.json()).to.include({ body: '{}' });
  });
});

describe('A Lambda proxy integration that requires an API key', () => {
  const { post } = useApi({ ApiAuth: 'API_KEY' });

  it('the function is invoked only if the request has the key', async () => {
    expect((await post('/answers', {})).status).to.equal(403);
    expect((await post('/answers', {}, { 'x-api-key': 'the-key' })).status).to.equal(200);
  });
});

describe('A Lambda proxy integration that is not supported', () => {
  /** Starts the template with one change. */
  const start = (from: string, to: string) => {
    if (!TEMPLATE.includes(from)) throw new Error(`expected ${from} in the template, found none`);
    return startRuntime({
      templateFile: writeTemplate(
        TEMPLATE.replace(from, () => to),
        { 'answer.ts': HANDLER },
      ),
      dataDirectory: temporaryFolder('proxy'),
      port: 0,
      s3Port: 0,
      parameterOverrides: {},
      layerDirectory: '/layer',
      apiKey: 'the-key',
      warn: () => {},
    });
  };

  for (const [what, from, to, message] of [
    [
      'without credentials',
      '                credentials: !GetAtt InvokeRole.Arn\n',
      '',
      /expected the ARN of a role, since no AWS::Lambda::Permission is followed here, for .*credentials/,
    ],
    [
      'with a role that API Gateway may not assume',
      'credentials: !GetAtt InvokeRole.Arn',
      'credentials: !GetAtt FunctionRole.Arn',
      /a role that apigateway\.amazonaws\.com may assume/,
    ],
    ['with another method', 'httpMethod: POST', 'httpMethod: GET', /expected one of POST .* found "GET"/],
    [
      'with another address',
      '/invocations',
      '/invoke',
      /lambda:path\/2015-03-31\/functions\/ARN\/invocations/,
    ],
    [
      'with a time limit of more than 29 seconds',
      'timeoutInMillis: 1000',
      'timeoutInMillis: 30000',
      /a whole number from 50 to 29000/,
    ],
    [
      'with mapped parameters',
      'timeoutInMillis: 1000',
      'requestParameters: {}',
      /: requestParameters is not supported here for /,
    ],
  ] as const)
    it(`an integration ${what} is refused by file and line`, async () => {
      const error = await start(from, to).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(TemplateError);
      expect(String(error))
        .to.match(/template\.yaml:\d+: /)
        .and.match(message);
    });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's, ASL's and Velocity's placeholders look like JavaScript's.

import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { apisOf, type CallStates, createApi, readTemplate } from 'aws-on-one-machine';
import { expect } from 'chai';
import fc from 'fast-check';
import fastify, { type FastifyInstance } from 'fastify';

const EXECUTION = 'arn:aws:states:us-east-1:000000000000:execution:ResizeImageStateMachine:cat';
const STARTED = { status: 200, body: `{"executionArn":"${EXECUTION}","startDate":1.763933000123E9}` };

const fault = (type: string, message = 'Something about arn:aws:iam::000000000000:role/Secret') => ({
  status: 400,
  body: JSON.stringify({ __type: `com.amazonaws.swf.service.v2.model#${type}`, message }),
});

interface Call {
  readonly target: string;
  readonly role: string;
  readonly body: string;
}

interface Gateway {
  readonly server: FastifyInstance;
  readonly calls: Call[];
  /** The next answer of Step Functions. */
  states: Awaited<ReturnType<CallStates>>;
}

/** Serves the real template's API with a stub of Step Functions. */
async function serve(parameterOverrides: Record<string, string> = { ApiAuth: 'NONE' }): Promise<Gateway> {
  const template = readTemplate({
    file: new URL('../../template.yaml', import.meta.url).pathname,
    parameterOverrides,
    queueUrl: (logicalId) => `http://127.0.0.1:3000/000000000000/${logicalId}`,
  });
  const [api] = apisOf(template);
  if (!api) throw new Error('expected an API in template.yaml, found none');
  const server = fastify();
  const gateway: Gateway = { server, calls: [], states: STARTED };
  const callStates: CallStates = async (target, body, role) => {
    gateway.calls.push({ target, body, role });
    return gateway.states;
  };
  const callFunction = async () => ({});
  server.register(createApi({ api, template, apiKey: 'the-key', callStates, callFunction, warn: () => {} }));
  await server.ready();
  return gateway;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const URL_PATH = '/prod/process-image';

/** The input of the last StartExecution, as text. */
function inputOf(gateway: Gateway): string {
  const request: unknown = JSON.parse(gateway.calls.at(-1)?.body ?? 'null');
  if (typeof request !== 'object' || request === null || !('input' in request))
    throw new Error('no input was sent');
  return String(request.input);
}

describe('The API', () => {
  let gateway: Gateway;
  before(async () => {
    gateway = await serve();
  });
  beforeEach(() => {
    gateway.calls.length = 0;
    gateway.states = STARTED;
  });
  after(() => gateway.server.close());

  const post = (payload: string, headers: Record<string, string> = JSON_TYPE) =>
    gateway.server.inject({ method: 'POST', url: URL_PATH, payload, headers });
  const get = (name: string, headers: Record<string, string> = {}) =>
    gateway.server.inject({ method: 'GET', url: `${URL_PATH}/${name}`, headers });

  describe('for a POST', () => {
    it("POST starts an execution with the integration's role and returns the answer of StartExecution", async () => {
      const answer = await post('{}');
      expect(answer.statusCode).to.equal(200);
      expect(answer.headers['content-type']).to.equal('application/json');
      expect(answer.json()).to.deep.equal({ executionArn: EXECUTION, startDate: 1763933000.123 });
      const [call] = gateway.calls;
      expect(call?.target).to.equal('AWSStepFunctions.StartExecution');
      expect(call?.role).to.equal('ResizeImageStateMachineProcessImageRole');
      expect(JSON.parse(call?.body ?? '')).to.deep.equal({
        input: '{}',
        stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:ResizeImageStateMachine',
      });
    });

    it('The API treats an empty body as {}', async () => {
      expect((await gateway.server.inject({ method: 'POST', url: URL_PATH })).statusCode).to.equal(200);
      expect(inputOf(gateway)).to.equal('{}');
      expect((await post('')).statusCode).to.equal(200);
      expect(inputOf(gateway)).to.equal('{}');
    });

    for (const contentType of ['application/json; charset=utf-8', 'APPLICATION/JSON', undefined])
      it(`The API treats ${contentType ?? 'a missing content type'} as application/json`, async () => {
        const body = '{"key":"input/a.jpg"}';
        expect((await post(body, contentType ? { 'content-type': contentType } : {})).statusCode).to.equal(
          200,
        );
        expect(inputOf(gateway)).to.equal(body);
        expect(
          (await post('{"key":5}', contentType ? { 'content-type': contentType } : {})).statusCode,
        ).to.equal(400);
      });

    for (const key of [
      "input/d'or été (1).jpg",
      'input/"quotes".jpg',
      'input/back\\slash.jpg',
      "input/\\'both\\'.jpg",
      'input/$util.escapeJavaScript($body).jpg',
      'input/#set($body = 1)#end.jpg',
      'input/#end ## comment',
      'input/${AWS::Region}.jpg',
      'input/a+b 100%.png',
      'input/日本.webp',
      'input/🐈.jpg',
      'input/\ud83d alone',
      'input/\u0000\u0007\u001f\u007f\u2028',
      'input/</script>',
    ])
      it(`The API passes the key ${JSON.stringify(key)} on unchanged`, async () => {
        expect((await post(JSON.stringify({ key }))).statusCode).to.equal(200);
        expect(JSON.parse(inputOf(gateway))).to.deep.equal({ key });
      });

    it('The API passes every key that the schema allows on unchanged', async () => {
      const anyText = fc.string({ unit: fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
      const anyKey = fc.oneof(
        anyText,
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom(...'\\\'"$#/u{}n') }),
      );
      await fc.assert(
        fc.asyncProperty(anyKey, async (rest) => {
          const key = `input/x${rest}`;
          expect((await post(JSON.stringify({ key, force: true }))).statusCode).to.equal(200);
          expect(inputOf(gateway)).to.equal(JSON.stringify({ key, force: true }));
        }),
      );
    });
  });

  describe('for an invalid body', () => {
    for (const body of [
      '{"key":5}',
      '{"keys":[]}',
      'not json',
      '[]',
      'null',
      '"input/a.jpg"',
      '{"key":"input/a.jpg","prefix":"input/"}',
      '{"key":"output/a.jpg"}',
      '{"key":"input/"}',
      `{"key":"input/${'a'.repeat(1024)}"}`,
      '{"force":"true"}',
      '{"key":"input/a.jpg"',
    ])
      it(`The API answers 400 with the expected shape and starts no execution if the body is ${body.slice(0, 50)}`, async () => {
        const answer = await post(body);
        expect(answer.statusCode).to.equal(400);
        expect(answer.json().message).to.include('{"key": "input/');
        expect(gateway.calls).to.be.empty;
      });

    for (const contentType of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'nonsense',
    ])
      it(`The API answers 415 to the content type ${contentType} and starts no execution`, async () => {
        const answer = await post('{}', { 'content-type': contentType });
        expect(answer.statusCode).to.equal(415);
        expect(answer.json()).to.deep.equal({ message: 'Expected the content type application/json.' });
        expect(gateway.calls).to.be.empty;
      });

    it('The API answers 413 to a body of more than 10 MB', async () => {
      const answer = await post(`{"key":"${'a'.repeat(10 * 1024 * 1024)}"}`);
      expect(answer.statusCode).to.equal(413);
      expect(answer.json()).to.deep.equal({ message: 'Request Too Long' });
      expect(gateway.calls).to.be.empty;
    });
  });

  describe('for an Idempotency-Key', () => {
    it('The API names the execution after the Idempotency-Key, whatever the case of the header name', async () => {
      // Over a real socket, because inject() would convert header names to lower case.
      await gateway.server.listen({ port: 0, host: '127.0.0.1' });
      const address: AddressInfo | string | null = gateway.server.server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      for (const header of ['Idempotency-Key', 'idempotency-key']) {
        const sent = httpRequest({
          port,
          host: '127.0.0.1',
          path: URL_PATH,
          method: 'POST',
          headers: { [header]: 'cat-1' },
        });
        sent.end('{}');
        const [response] = await once(sent, 'response');
        response.resume();
        expect(response.statusCode).to.equal(200);
        expect(JSON.parse(gateway.calls.at(-1)?.body ?? '').name).to.equal('cat-1');
      }
    });

    it('The API does not name the execution after an empty Idempotency-Key', async () => {
      await post('{}', { ...JSON_TYPE, 'idempotency-key': '' });
      expect(JSON.parse(gateway.calls.at(-1)?.body ?? '')).not.to.have.property('name');
    });

    it('The API passes an invalid Idempotency-Key on unchanged and answers 400 when Step Functions refuses it', async () => {
      gateway.states = fault('InvalidName');
      const answer = await post('{}', { ...JSON_TYPE, 'idempotency-key': 'a \'b\' "c" \\ $x' });
      expect(JSON.parse(gateway.calls.at(-1)?.body ?? '').name).to.equal('a \'b\' "c" \\ $x');
      expect(answer.statusCode).to.equal(400);
      expect(answer.json().message).to.include('1 to 80 letters');
    });

    it('The API answers 409 and names the execution if the Idempotency-Key was used with another body', async () => {
      gateway.states = fault('ExecutionAlreadyExists', `Execution Already Exists: '${EXECUTION}'`);
      const answer = await post('{}', { ...JSON_TYPE, 'idempotency-key': 'cat' });
      expect(answer.statusCode).to.equal(409);
      expect(answer.json().message).to.include('GET /process-image/cat returns');
    });
  });

  describe('for a failed StartExecution', () => {
    for (const [type, status] of [
      ['ThrottlingException', 429],
      ['ExecutionLimitExceeded', 429],
      ['InvalidExecutionInput', 400],
      ['ValidationException', 400],
      ['AccessDeniedException', 500],
      ['StateMachineDoesNotExist', 500],
    ] as const)
      it(`POST answers ${status} without an ARN in the message if StartExecution fails with ${type}`, async () => {
        gateway.states = fault(type);
        const answer = await post('{}');
        expect(answer.statusCode).to.equal(status);
        expect(answer.json()).to.have.all.keys('message');
        expect(answer.body).not.to.include('arn:');
      });

    for (const status of [500, 503, 403, 302])
      it(`POST never answers 200 when Step Functions answers ${status}`, async () => {
        gateway.states = { status, body: 'no JSON at all' };
        const answer = await post('{}');
        expect(answer.statusCode).to.equal(500);
        expect(answer.json()).to.deep.equal({
          message: 'Step Functions could not be reached. Try again in a moment.',
        });
      });

    it('POST answers 500 when an error of Step Functions has no type', async () => {
      gateway.states = { status: 400, body: '{}' };
      expect((await post('{}')).statusCode).to.equal(500);
    });

    it('POST answers 500 when an error of Step Functions is not JSON', async () => {
      gateway.states = { status: 400, body: '<html>' };
      const answer = await post('{}');
      expect(answer.statusCode).to.equal(500);
      expect(answer.json()).to.deep.equal({ message: 'Internal server error' });
    });
  });

  describe('for a GET', () => {
    const describes = (execution: object) => {
      gateway.states = { status: 200, body: JSON.stringify({ executionArn: EXECUTION, ...execution }) };
    };

    it('GET describes the execution that its path names, with the role ProcessImageStatusRole', async () => {
      describes({ status: 'RUNNING', startDate: 1 });
      await get('cat');
      expect(gateway.calls[0]?.target).to.equal('AWSStepFunctions.DescribeExecution');
      expect(gateway.calls[0]?.role).to.equal('ProcessImageStatusRole');
      expect(JSON.parse(gateway.calls[0]?.body ?? '')).to.deep.equal({ executionArn: EXECUTION });
    });

    it('GET decodes the name of the execution and passes it on unchanged', async () => {
      describes({ status: 'RUNNING', startDate: 1 });
      for (const name of ['d\'or "été" \\ $x #end /', 'x'.repeat(300)]) {
        expect((await get(encodeURIComponent(name))).statusCode).to.equal(200);
        expect(JSON.parse(gateway.calls.at(-1)?.body ?? '').executionArn.endsWith(`:${name}`)).to.equal(true);
      }
    });

    it('GET returns the status and start of a running execution', async () => {
      describes({ status: 'RUNNING', startDate: 1763933000.123, input: '{}' });
      const answer = await get('cat');
      expect(answer.statusCode).to.equal(200);
      expect(answer.json()).to.deep.equal({ status: 'RUNNING', startDate: 1763933000.123 });
    });

    it('GET returns the output of a succeeded execution as JSON', async () => {
      const output = { status: 'RESIZED', note: 'quotes " and $input and #end' };
      describes({ status: 'SUCCEEDED', startDate: 1, stopDate: 2, output: JSON.stringify(output) });
      expect((await get('cat')).json()).to.deep.equal({
        status: 'SUCCEEDED',
        startDate: 1,
        stopDate: 2,
        output,
      });
    });

    it('GET returns the error and cause of a failed execution', async () => {
      const failed = {
        status: 'FAILED',
        startDate: 1,
        stopDate: 2,
        error: 'NotAnImageError',
        cause: 'It\'s "text"',
      };
      describes(failed);
      expect((await get('cat')).json()).to.deep.equal(failed);
    });

    for (const [type, status] of [
      ['ExecutionDoesNotExist', 404],
      ['InvalidArn', 404],
      ['ThrottlingException', 429],
      ['AccessDeniedException', 500],
    ] as const)
      it(`GET answers ${status} if DescribeExecution fails with ${type}`, async () => {
        gateway.states = fault(type);
        const answer = await get('nobody');
        expect(answer.statusCode).to.equal(status);
        expect(answer.json()).to.have.all.keys('message');
        expect(answer.body).not.to.include('arn:');
      });
  });

  describe('for an unknown path or method', () => {
    for (const [method, url] of [
      ['GET', '/prod/process-image'],
      ['DELETE', '/prod/process-image'],
      ['HEAD', '/prod/process-image/cat'],
      ['POST', '/prod/nothing'],
      ['GET', '/prod/process-image/a/b'],
      ['GET', '/prod'],
      ['OPTIONS', '/prod/process-image'],
    ] as const)
      it(`The API answers 403 Missing Authentication Token to ${method} ${url}, as AWS does`, async () => {
        const answer = await gateway.server.inject({ method, url });
        expect(answer.statusCode).to.equal(403);
        expect(answer.headers['x-amzn-errortype']).to.equal('MissingAuthenticationTokenException');
        if (method !== 'HEAD')
          expect(answer.json()).to.deep.equal({ message: 'Missing Authentication Token' });
        expect(gateway.calls).to.be.empty;
      });
  });
});

describe('ApiAuth', () => {
  const requests = [
    { method: 'POST', url: URL_PATH },
    { method: 'GET', url: `${URL_PATH}/cat` },
  ] as const;
  const statusesWith = async (ApiAuth: string, headers: Record<string, string>) => {
    const gateway = await serve({ ApiAuth });
    const answers = await Promise.all(
      requests.map((request) => gateway.server.inject({ ...request, headers })),
    );
    await gateway.server.close();
    return answers.map(({ statusCode }) => statusCode);
  };
  const signed = {
    authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/execute-api/aws4_request',
  };

  it('ApiAuth=NONE lets anyone call the API', async () => {
    expect(await statusesWith('NONE', {})).to.deep.equal([200, 200]);
  });

  it('ApiAuth=AWS_IAM lets only signed requests call the API', async () => {
    expect(await statusesWith('AWS_IAM', signed)).to.deep.equal([200, 200]);
    expect(await statusesWith('AWS_IAM', {})).to.deep.equal([403, 403]);
    expect(await statusesWith('AWS_IAM', { authorization: 'Bearer x' })).to.deep.equal([403, 403]);
    expect(await statusesWith('AWS_IAM', { 'x-api-key': 'the-key' })).to.deep.equal([403, 403]);
  });

  it('ApiAuth=API_KEY lets only requests with the key call the API', async () => {
    expect(await statusesWith('API_KEY', { 'X-Api-Key': 'the-key' })).to.deep.equal([200, 200]);
    expect(await statusesWith('API_KEY', { 'x-api-key': 'another' })).to.deep.equal([403, 403]);
    expect(await statusesWith('API_KEY', {})).to.deep.equal([403, 403]);
    expect(await statusesWith('API_KEY', signed)).to.deep.equal([403, 403]);
  });
});

describe('Web pages of another origin', () => {
  const CorsOrigin = 'https://www.example.com';
  const allowedOrigin = ({ headers }: { headers: Record<string, unknown> }) =>
    headers['access-control-allow-origin'];
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: CorsOrigin, 'access-control-request-method': 'POST' },
  } as const;

  for (const ApiAuth of ['AWS_IAM', 'API_KEY', 'NONE'])
    for (const url of [URL_PATH, `${URL_PATH}/cat`])
      it(`Web pages of another origin get an answer to a preflight of ${url} without credentials, with ApiAuth=${ApiAuth}`, async () => {
        const { server, calls } = await serve({ ApiAuth, CorsOrigin });
        const answer = await server.inject({ ...preflight, url });
        await server.close();
        expect(answer.statusCode).to.equal(204);
        expect(answer.body).to.equal('');
        expect(allowedOrigin(answer)).to.equal(CorsOrigin);
        expect(answer.headers['access-control-allow-methods']).to.equal('GET,POST');
        expect(
          String(answer.headers['access-control-allow-headers']).toLowerCase().split(','),
        ).to.include.members(['authorization', 'content-type', 'idempotency-key', 'x-amz-date', 'x-api-key']);
        expect(calls).to.be.empty;
      });

  /** Every kind of answer: of the integration, of its errors, and of the gateway itself. */
  async function answers(parameterOverrides: Record<string, string>) {
    const gateway = await serve(parameterOverrides);
    const post = (payload: string, headers: Record<string, string> = JSON_TYPE) =>
      gateway.server.inject({ method: 'POST', url: URL_PATH, payload, headers });
    const get = (url: string) => gateway.server.inject({ method: 'GET', url });
    const made = [
      await post('{}'),
      await post('no json'),
      await post('{}', { 'content-type': 'text/plain' }),
      await post(' '.repeat(10 * 1024 * 1024 + 1)),
      await get('/prod/nothing'),
      await get(`${URL_PATH}/cat`),
    ];
    for (const type of ['ExecutionAlreadyExists', 'ThrottlingException', 'AccessDeniedException']) {
      gateway.states = fault(type);
      made.push(await post('{}'));
    }
    gateway.states = fault('ExecutionDoesNotExist');
    made.push(await get(`${URL_PATH}/cat`));
    gateway.states = { status: 503, body: '' };
    made.push(await post('{}'), await get(`${URL_PATH}/cat`));
    await gateway.server.close();
    return made;
  }
  const STATUSES = [200, 400, 415, 413, 403, 200, 409, 429, 500, 404, 500, 500];

  it('Web pages of another origin can read every answer if CorsOrigin is their origin', async () => {
    const made = await answers({ ApiAuth: 'NONE', CorsOrigin });
    expect(made.map(({ statusCode }) => statusCode)).to.deep.equal(STATUSES);
    for (const answer of made) expect(allowedOrigin(answer), answer.body).to.equal(CorsOrigin);
  });

  it('Web pages of another origin can read the answer 403 to a request without credentials', async () => {
    const { server } = await serve({ ApiAuth: 'AWS_IAM', CorsOrigin });
    const answer = await server.inject({ method: 'POST', url: URL_PATH, payload: '{}', headers: JSON_TYPE });
    await server.close();
    expect(answer.statusCode).to.equal(403);
    expect(allowedOrigin(answer)).to.equal(CorsOrigin);
  });

  it('Web pages of another origin can read no answer if CorsOrigin is empty', async () => {
    const made = await answers({ ApiAuth: 'NONE' });
    expect(made.map(({ statusCode }) => statusCode)).to.deep.equal(STATUSES);
    for (const answer of made) expect(allowedOrigin(answer), answer.body).to.equal(undefined);
  });

  for (const origin of [
    '*',
    'www.example.com',
    'https://www.example.com/',
    "https://a'b",
    'https://a, https://b',
  ])
    it(`CorsOrigin=${origin} is refused, because it is not a single origin`, async () => {
      const refusal = await serve({ CorsOrigin: origin }).then(
        () => 'none',
        (error: unknown) => String(error),
      );
      expect(refusal).to.match(/expected .*CorsOrigin/);
    });
});

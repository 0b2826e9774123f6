import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import type { PipelineUnderTest } from '../support/pipeline.ts';
import { runScript } from '../support/run-script.ts';
import type { SignatureCheck } from '../support/signature-check.ts';
import { type StackStudio, startStackStudio } from '../support/stack-studio.ts';

type Environment = Readonly<Record<string, string>>;

describe('npm run studio -- --stack NAME', () => {
  let studio: StackStudio;
  let pipeline: PipelineUnderTest;
  let s3: SignatureCheck;
  let others: SignatureCheck;
  let url: string;
  before(async () => {
    studio = await startStackStudio('AWS_IAM');
    ({ pipeline, s3, others, url } = studio);
  });
  after(() => studio?.stop());

  const post = (path: string, target: string, body: object) =>
    fetch(`${url}studio/${path}`, {
      method: 'POST',
      headers: { 'x-amz-target': target },
      body: JSON.stringify(body),
    });

  it('serves the page of npm start, which no other page can frame', async () => {
    const page = await fetch(url);
    expect(await page.text()).to.include('<div id="app">');
    expect(page.headers.get('content-security-policy')).to.equal("frame-ancestors 'none'");
    const script = await fetch(`${url}studio/main.js`);
    expect(script.headers.get('content-type')).to.include('text/javascript');
    expect(await script.text()).to.include('stack.json');
  });

  it('tells the page about the stack, and nothing of the credentials', async () => {
    const text = await (await fetch(`${url}studio/stack.json`)).text();
    expect(JSON.parse(text)).to.deep.include({
      name: 'local',
      isLocal: false,
      region: 'us-east-1',
      originalImagesBucket: pipeline.addresses.originalImagesBucket,
      resizedImagesBucket: pipeline.addresses.resizedImagesBucket,
      resizeImageStateMachineArn: pipeline.addresses.resizeImageStateMachineArn,
      unprocessedUploadsQueueUrl: `${pipeline.addresses.states}/000000000000/UnprocessedUploadsQueue`,
      processImageUrl: `${others.url}/prod/process-image`,
      apiAuth: 'AWS_IAM',
      acceptHeic: true,
    });
    expect(JSON.parse(text).costs.upload).to.be.within(0.00001, 0.001);
    expect(text).to.not.include('anything');
  });

  it('signs uploads, listings and reads of S3 as AWS checks it, whatever the key', async () => {
    const image = await paintUpright(90, 60).jpeg().toBuffer();
    const key = "input/år 2026/../(a) 'b'*!+&=%25 ☂.jpg";
    const address = `${url}studio/s3/${pipeline.addresses.originalImagesBucket}/`;
    const stored = await fetch(address + encodeURIComponent(key), {
      method: 'PUT',
      body: new Uint8Array(image),
    });
    expect(stored.status, await stored.text()).to.equal(200);
    const listed = await fetch(`${address}?list-type=2&prefix=${encodeURIComponent(key)}&encoding-type=url`);
    expect(await listed.text()).to.include('<KeyCount>1</KeyCount>');
    const read = await fetch(address + encodeURIComponent(key));
    expect(Buffer.from(await read.arrayBuffer()).equals(image)).to.equal(true);
    expect(s3.services).to.deep.equal(['s3', 's3', 's3']);
  });

  it('signs calls of Step Functions, SQS, CloudWatch Logs and the API, each for its service', async () => {
    const { resizeImageStateMachineArn: stateMachineArn, states } = pipeline.addresses;
    const QueueUrl = `${states}/000000000000/UnprocessedUploadsQueue`;
    const begun = await fetch(`${url}studio/api/process-image`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"dryRun":true}',
    });
    const answers = [
      await post('states', 'AWSStepFunctions.ListExecutions', { stateMachineArn }),
      await post('sqs', 'AmazonSQS.ReceiveMessage', { QueueUrl }),
      await post('logs', 'Logs_20140328.FilterLogEvents', {
        logGroupName: '/aws/vendedlogs/states/local-resize-upload',
      }),
      begun,
    ];
    for (const answer of answers) expect(answer.status, await answer.clone().text()).to.equal(200);
    expect(others.services).to.deep.equal(['execute-api', 'states', 'sqs', 'logs']);
  });

  for (const [what, path, init] of [
    ['under another name, as a page with a rebound name asks', '', { headers: { host: 'evil.example' } }],
    [
      'by a page of another origin',
      'studio/api/process-image',
      { method: 'POST', headers: { origin: 'https://evil.example' }, body: '{}' },
    ],
    [
      'which a page of another origin embeds',
      'studio/stack.json',
      { headers: { 'sec-fetch-site': 'cross-site' } },
    ],
    ['of another bucket', 'studio/s3/another-bucket/key', {}],
  ] as const)
    it(`refuses a request ${what}`, async () => {
      const { hostname, port } = new URL(url);
      const sent = request({
        hostname,
        port,
        path: `/${path}`,
        method: 'method' in init ? init.method : 'GET',
        headers: 'headers' in init ? init.headers : {},
      });
      sent.end('body' in init ? init.body : undefined);
      const [answer] = await once(sent, 'response');
      answer.resume();
      expect(answer.statusCode).to.equal(403);
    });
});

describe('npm run studio, before it starts', () => {
  let aws: Server | undefined;
  afterEach(() => aws?.close());

  /** Answers everything as CloudFormation refuses it. */
  async function refusing(status: number, code: string, message: string): Promise<Environment> {
    aws = createServer((_request, response) =>
      response
        .writeHead(status, { 'content-type': 'text/xml' })
        .end(
          `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
        ),
    ).listen(0, '127.0.0.1');
    await once(aws, 'listening');
    const address = aws.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return {
      AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'anybody',
      AWS_SECRET_ACCESS_KEY: 'anything',
    };
  }

  for (const [what, status, code, message, line] of [
    [
      'an expired token',
      403,
      'ExpiredToken',
      'The security token included in the request is expired',
      /^The credentials have expired: sign in again/,
    ],
    [
      'a wrong name',
      400,
      'ValidationError',
      'Stack with id images does not exist',
      /^There is no stack images in this account and region: check --stack and --region\.$/,
    ],
    [
      'no permission',
      403,
      'AccessDenied',
      'User: me is not authorized to perform: cloudformation:DescribeStacks',
      /^These credentials lack a permission: User: me is not authorized to perform: cloudformation:DescribeStacks$/,
    ],
    [
      'unknown credentials',
      403,
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      /^AWS does not know these credentials: /,
    ],
  ] as const)
    it(`says in one line that it has ${what}`, async () => {
      const { code: exit, lines } = await runScript(
        'studio',
        ['--stack', 'images', '--port', '0'],
        await refusing(status, code, message),
      );
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(line);
      expect(exit).to.equal(1);
    });

  for (const [what, words, environment, line] of [
    [
      'no region',
      ['--stack', 'images'],
      { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      /^Expected a region: add --region/,
    ],
    [
      'no credentials',
      ['--stack', 'images'],
      { AWS_REGION: 'us-east-1' },
      /^Expected credentials for AWS: set AWS_ACCESS_KEY_ID/,
    ],
    [
      'a wrong port',
      ['--stack', 'images', '--port', 'x'],
      {},
      /^--port: expected a port from 0 to 65535 but received "x"\.$/,
    ],
  ] as const)
    it(`says in one line that it has ${what}`, async () => {
      const { code, lines } = await runScript('studio', words, environment);
      expect(lines, lines.join('\n')).to.have.length(1);
      expect(lines[0]).to.match(line);
      expect(code).to.equal(1);
    });

  it('names its options if there is no name of a stack', async () => {
    const { code, lines } = await runScript('studio', []);
    expect(lines[0]).to.equal('--stack: expected the name of a stack.');
    expect(code).to.equal(1);
  });
});

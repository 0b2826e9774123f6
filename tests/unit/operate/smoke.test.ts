import { APIGatewayClient, GetApiKeyCommand } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { expect } from 'chai';
import { computeCosts } from '../../../docs/cost.ts';
import { authorizeBy } from '../../../operate/authorize.ts';
import { outputOf } from '../../../operate/deployed-stack.ts';
import { costSmoke } from '../../../operate/smoke/costs.ts';
import { PATIENCE } from '../../../operate/smoke/plan.ts';
import { smoke } from '../../../operate/smoke/smoke.ts';
import { type Sickness, stubStack } from './stubbed-stack.ts';

/** Seconds. The stub answers at once or never. */
const IMPATIENT = { upload: 0.1, execution: 0.6, delivery: 0.1, removal: 0.1 };

interface Case extends Sickness {
  /** Ends "The smoke test of a stack …". */
  readonly name: string;
  /** Every line that is not ok, without its mark. */
  readonly stops: readonly string[];
}

const SICK: readonly Case[] = [
  {
    name: 'that no event reaches',
    isDeaf: true,
    stops: [
      'upload       Try again: no manifest after 0.0 s, as for a new bucket.',
      'refusal      No manifest after 0.0 s.',
    ],
  },
  {
    name: 'that rejects the image',
    rejectsImages: 'ImageProcessError',
    stops: ['upload       Look at the image: ImageProcessError.'],
  },
  {
    name: 'that takes a text for an image',
    takesTexts: true,
    stops: ['refusal      A text was not refused: its manifest is RESIZED.'],
  },
  {
    name: 'whose API the caller may not use',
    post: [403, { message: 'Missing Authentication Token' }],
    stops: ['post         Allow yourself execute-api:Invoke: the API answered 403.'],
  },
  {
    name: 'whose API refuses every body',
    post: [400, { message: 'Expected {} or {"key"}' }],
    stops: ['post         The API answered 400: Expected {} or {"key"}'],
  },
  {
    name: 'whose API answers no JSON',
    post: [502, undefined],
    stops: ['post         The API answered 502.'],
  },
  {
    name: 'whose execution fails',
    executions: [{ status: 'FAILED', error: 'Lambda.AWSLambdaException' }],
    stops: ['post         Look at the execution: FAILED Lambda.AWSLambdaException.'],
  },
  {
    name: 'whose execution does not end',
    executions: [{ status: 'RUNNING' }],
    stops: ['post         Look at the execution: it still runs after 0.0 s.'],
  },
  {
    name: 'whose CDN may not read the bucket',
    cdn: 403,
    stops: ['delivery     CloudFront answers 403: docs/deliver.md.'],
  },
  {
    name: 'that keeps the outputs of removed originals',
    keepsOutputs: true,
    stops: ['removal      The outputs are there after 0.0 s: look at the queue.'],
  },
  {
    name: 'whose bucket the caller may not write to',
    s3: { PutObjectCommand: 'AccessDenied' },
    stops: ['upload       Failed: AccessDenied.', 'refusal      Failed: AccessDenied.'],
  },
  {
    name: 'whose manifests the caller may not read',
    s3: { GetObjectCommand: 'AccessDenied' },
    stops: ['upload       Failed: AccessDenied.', 'refusal      Failed: AccessDenied.'],
  },
  {
    name: 'in which the caller may not delete',
    s3: { DeleteObjectCommand: 'AccessDenied' },
    isLocked: true,
    stops: [
      'removal      Failed: AccessDenied.',
      'cleaning     Delete input/smoke-1234abcd/ and output/smoke-1234abcd/.',
    ],
  },
  {
    name: 'in which the caller may not list versions',
    s3: { ListObjectVersionsCommand: 'AccessDenied' },
    stops: ['cleaning     Failed: AccessDenied.'],
  },
];

describe('The smoke test of a stack', () => {
  let stub: ReturnType<typeof stubStack> | undefined;
  afterEach(() => stub?.restore());

  async function run(sickness: Sickness = {}, stopping = new AbortController().signal) {
    stub = stubStack(sickness);
    const report = await smoke(stub.stack, stub.target, '1234abcd', stopping, IMPATIENT);
    // How long the stub takes is of no interest.
    const lines = report.lines.map((line) =>
      line.replace(/\d+\.\d s/, '0.0 s').replace(/after \d+ s/, 'after 0 s'),
    );
    for (const line of lines) expect(line.length, line).to.be.at.most(80);
    return { ...report, lines, stub };
  }

  it('The smoke test of a stack that is well says what each step took and cost, and leaves nothing', async () => {
    const { lines, isWell, stub } = await run({ cdn: 200 });
    expect(lines).to.deep.equal([
      'ok   upload       3 renditions after 0.0 s, $0.000060.',
      'ok   post         made again after 0.0 s, $0.000212.',
      'ok   delivery     The manifest came after 0.0 s.',
      'ok   refusal      UnsupportedImageError after 0.0 s, $0.000019.',
      'ok   removal      The outputs were gone after 0.0 s, $0.000011.',
      'ok   cleaning     Nothing of it is left.',
      '',
      'All is well after 0 s, for $0.000303 (docs/cost.md).',
    ]);
    expect(isWell).to.equal(true);
    expect(stub.left()).to.deep.equal([]);
    expect(stub.requests.map(({ method, url }) => `${method} ${url}`)).to.deep.equal([
      'POST https://api.example/prod/process-image',
      'GET https://api.example/prod/process-image/run-1',
      'GET https://api.example/prod/process-image/run-1',
      'GET https://images.example/smoke-1234abcd/dandelion.jpg/manifest.json',
    ]);
    expect(stub.requests[0]?.body).to.deep.equal({ key: 'input/smoke-1234abcd/dandelion.jpg', force: true });
  });

  for (const { name, stops, ...sickness } of SICK)
    it(`The smoke test of a stack ${name} says so`, async () => {
      const { lines, isWell } = await run(sickness);
      expect(
        lines.filter((line) => line.startsWith('STOP')).map((line) => line.slice(5)),
        lines.join('\n'),
      ).to.deep.equal(stops);
      expect(lines.at(-1)).to.equal('Something is wrong after 0 s: docs/operate.md.');
      expect(isWell).to.equal(false);
    });

  it('The smoke test of a stack deletes what it wrote although a step failed, and nothing else', async () => {
    stub = stubStack({ keepsOutputs: true });
    stub.addOriginal('input/cat.jpg');
    await smoke(stub.stack, stub.target, '1234abcd', new AbortController().signal, IMPATIENT);
    expect(stub.left()).to.deep.equal(['input/cat.jpg']);
  });

  it('The smoke test of a stack deletes an old version before the marker that hides it, so that nothing comes back', async () => {
    const { stub } = await run();
    expect(stub.deleted.map((what) => what.split(' ')[0])).to.deep.equal([
      'version',
      'version',
      'marker',
      'marker',
    ]);
  });

  it('The smoke test of a stack that somebody stops still deletes what it wrote', async () => {
    const stopping = new AbortController();
    const ended = run({ isDeaf: true }, stopping.signal);
    stopping.abort();
    const { lines, stub } = await ended;
    expect(lines).to.include('STOP removal      Failed: AbortError.');
    expect(lines).to.include('ok   cleaning     Nothing of it is left.');
    expect(stub.left()).to.deep.equal([]);
  });

  it('The smoke test of a stack expects no removal with RemoveWithOriginal=false, and asks no CDN that wants signatures', async () => {
    const { lines, isWell, stub } = await run({
      cdn: 403,
      keepsOutputs: true,
      parameters: { RemoveWithOriginal: 'false', TrustedKeyGroupId: 'a' },
    });
    expect(lines).to.include('ok   removal      RemoveWithOriginal is false: the outputs were kept.');
    expect(lines.join()).not.to.include('delivery');
    expect(isWell, lines.join('\n')).to.equal(true);
    expect(stub.left()).to.deep.equal([]);
  });

  it('The smoke test of a stack takes less than a minute, whatever happens', () => {
    expect(Object.values(PATIENCE).reduce((sum, seconds) => sum + seconds, 0)).to.be.at.most(54);
  });
});

describe('The cost of a smoke test', () => {
  it('The cost of a smoke test is that of docs/cost.md for one upload, one POST and one removal', () => {
    const { designs, lines } = computeCosts();
    const million = (design: string) =>
      lines.reduce((sum, { dollars }) => sum + (dollars[designs.indexOf(design)] ?? 0), 0);
    const { upload, request, removal, refusal } = costSmoke({});
    // With the PUT of the original, which that page leaves out.
    expect(upload * 1e6).to.be.closeTo(million('uploads') + 5, 1e-9);
    expect(request * 1e6).to.be.closeTo(million('one by one'), 1e-9);
    expect(removal * 1e6).to.be.closeTo(million('removals'), 1e-9);
    expect(refusal).to.be.below(upload / 2);
  });

  it('The cost of a smoke test follows the parameters of the stack, also of one with parameters that are gone', () => {
    const { upload } = costSmoke({});
    expect(costSmoke({ MemorySize: '3538', GoneParameter: 'x' }).upload).to.be.above(upload * 1.2);
  });
});

describe('Requests to the API of a stack', () => {
  const url = 'https://api.example/prod/process-image';
  const client = new CloudFormationClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
  });
  const headersOf = async (apiAuth: string | undefined, apiKey?: string) => {
    const authorize = authorizeBy(apiAuth, 'pictures', client, apiKey);
    const init = await authorize(url, { method: 'POST', body: '{}', headers: { 'content-type': 'a/b' } });
    return Object.fromEntries(new Headers(init.headers));
  };

  it('Requests to the API of a stack are signed unless its ApiAuth says otherwise', async () => {
    expect((await headersOf('AWS_IAM')).authorization).to.match(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d+\/eu-central-1\/execute-api\/aws4_request/,
    );
    expect(await headersOf('NONE')).to.deep.equal({ 'content-type': 'a/b' });
  });

  it('Requests to the API of a stack have the given API key, or the one that AWS knows', async () => {
    expect(await headersOf('API_KEY', 'given')).to.include({ 'x-api-key': 'given' });
    const stubs = [mockClient(CloudFormationClient), mockClient(APIGatewayClient)] as const;
    const [cloudFormation, apiGateway] = stubs;
    cloudFormation
      .on(DescribeStackResourceCommand, { StackName: 'pictures', LogicalResourceId: 'ProcessImageApiKey' })
      .resolves({
        StackResourceDetail: {
          PhysicalResourceId: 'key-1',
          LogicalResourceId: 'ProcessImageApiKey',
          ResourceType: 'AWS::ApiGateway::ApiKey',
          LastUpdatedTimestamp: new Date(0),
          ResourceStatus: 'CREATE_COMPLETE',
        },
      });
    apiGateway
      .on(GetApiKeyCommand, { apiKey: 'key-1', includeValue: true })
      .resolves({ value: 'of the stack' });
    try {
      expect(await headersOf('API_KEY')).to.include({ 'x-api-key': 'of the stack' });
    } finally {
      for (const stub of stubs) stub.restore();
    }
  });

  it('The stack of another template is refused by the output that it does not have', () => {
    const stack = { name: 'pictures', parameters: {}, outputs: { WebsiteUrl: 'x' } };
    expect(() => outputOf(stack, 'ProcessImageUrl')).to.throw(
      'Expected an output ProcessImageUrl of the stack pictures but there is none.',
    );
  });
});

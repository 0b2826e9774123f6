// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'chai';
import { type Runtime, reportLeftOut, startRuntime } from '../index.ts';
import { TEMPLATE as DISTRIBUTION } from './cloudfront/distribution.ts';
import { FOREIGN_LEFT_OUT, foreignResources } from './support/foreign-resources.ts';
import { writeSmallService } from './support/small-service.ts';
import { FIXTURE, writeTemplate } from './support/template-file.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:Correspondence';
const README = fileURLToPath(new URL('../README.md', import.meta.url));
const CREDENTIALS = { accessKeyId: 'anybody', secretAccessKey: 'any' };
const FOREIGN = { 'Outputs:\n': `${foreignResources('Letters')}Outputs:\n` };
/** The folder of modules that contains the package `yaml`: the layer of the fixture's function. */
const MODULES = join(dirname(fileURLToPath(import.meta.resolve('yaml/package.json'))), '..');

/** Starts a runtime for the suite, with a data folder of its own, and stops it after. */
function useRuntime(
  template: () => string,
  overrides: Readonly<Record<string, string>> = {},
  bucketParameters: readonly string[] = [],
) {
  let running: { runtime: Runtime; s3: S3Client; states: SFNClient } | undefined;
  const warnings: string[] = [];
  before(async () => {
    const runtime = await startRuntime({
      templateFile: template(),
      dataDirectory: temporaryFolder('runtime'),
      port: 0,
      s3Port: 0,
      parameterOverrides: overrides,
      bucketParameters,
      layerDirectory: MODULES,
      apiKey: 'key',
      warn: (message) => warnings.push(message),
    });
    const common = { region: 'us-east-1', credentials: CREDENTIALS };
    const s3 = new S3Client({ ...common, endpoint: runtime.s3Url });
    running = { runtime, s3, states: new SFNClient({ ...common, endpoint: runtime.statesUrl }) };
  });
  after(async () => {
    running?.s3.destroy();
    running?.states.destroy();
    await running?.runtime.stop();
  });
  const current = () => {
    if (!running) throw new Error('Expected to be called in a test but there is no runtime.');
    return running;
  };
  return {
    warnings,
    runtime: () => current().runtime,
    put: (Bucket: string, Key: string, Body = 'text') =>
      current().s3.send(new PutObjectCommand({ Bucket, Key, Body })),
    start: (input: object) =>
      current().states.send(
        new StartExecutionCommand({ stateMachineArn: MACHINE, input: JSON.stringify(input) }),
      ),
    /** Waits until the execution has ended; without an ARN, until any execution of the state machine has. */
    async ended(executionArn?: string, stateMachineArn = MACHINE): Promise<DescribeExecutionCommandOutput> {
      for (;;) {
        const { executions = [] } = await current().states.send(
          new ListExecutionsCommand({ stateMachineArn }),
        );
        const found = executions.find(
          (one) =>
            one.status !== 'RUNNING' && (executionArn === undefined || one.executionArn === executionArn),
        );
        if (found)
          return current().states.send(new DescribeExecutionCommand({ executionArn: found.executionArn }));
        await sleep(20);
      }
    },
  };
}

describe('A template of one bucket, one function and one state machine', () => {
  const { runtime, put, start, ended, warnings } = useRuntime(writeSmallService);

  it('an uploaded object starts an execution, whose output is the answer of the function', async () => {
    await put('local-letters', 'letter.txt');
    expect(JSON.parse(String((await ended()).output))).to.deep.equal({
      answer: 'nobody thanks for letter.txt',
    });
  });

  it('StartExecution starts an execution, whose output is the answer of the function', async () => {
    const { executionArn } = await start({ detail: { object: { key: 'a call' } } });
    expect(await ended(executionArn)).to.include({
      status: 'SUCCEEDED',
      output: '{"answer":"nobody thanks for a call"}',
    });
  });

  it('the runtime has the outputs of the template, no API, and leaves nothing out', () => {
    expect(runtime().outputs).to.deep.equal({ CorrespondenceArn: MACHINE });
    expect(runtime()).to.include({ apiUrl: undefined, resumed: 0 });
    expect(runtime().leftOut).to.deep.equal([]);
    expect(warnings).to.deep.equal([]);
  });
});

describe('The example of the README', () => {
  const { runtime, put, ended, warnings } = useRuntime(() => {
    // Each file is a block of code that follows its path.
    const blocks = readFileSync(README, 'utf8').matchAll(/^`example\/([^`]+)`:\n\n```\w+\n(.*?)^```$/gms);
    const files = new Map([...blocks].map(([, name = '', content = '']) => [name, content]));
    return writeTemplate(files.get('template.yaml') ?? '', Object.fromEntries(files));
  });

  it('an uploaded text starts an execution, whose output is the number of its words', async () => {
    await put('local-texts', 'hello.txt', 'one small step');
    const { output } = await ended(undefined, MACHINE.replace('Correspondence', 'CountEachText'));
    expect(JSON.parse(String(output))).to.deep.equal({ key: 'hello.txt', words: 3 });
    expect(runtime().leftOut).to.deep.equal([]);
    expect(warnings).to.deep.equal([]);
  });

  it('the program that tests one state invokes the function, and prints what the README says', async () => {
    await put('local-texts', 'hello.txt', 'one small step');
    const text = readFileSync(README, 'utf8');
    const program = /^## Test one state\n.*?^```js\n(.*?)^```$/ms.exec(text)?.[1] ?? '';
    const here = program.replace('http://127.0.0.1:3000', runtime().statesUrl);
    const child = spawn(process.execPath, ['--input-type=module', '--eval', here], {
      cwd: dirname(README),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const printed = String(Buffer.concat(await child.stdout.toArray())).trim();
    expect(text).to.include(`It prints \`${printed}\`.`);
  });
});

describe('The same template with a table, a load balancer, a Python function and a nested application', () => {
  const { runtime, put, ended, warnings } = useRuntime(() =>
    writeSmallService({ ...FOREIGN, 'SENDER: nobody': 'SENDER: !GetAtt Table.Arn' }),
  );

  it('the template runs as before, and the function gets a made-up value in place of the ARN of the table', async () => {
    await put('local-letters', 'letter.txt');
    expect(JSON.parse(String((await ended()).output))).to.deep.equal({
      answer: 'arn:aws:dynamodb:us-east-1:000000000000:Table thanks for letter.txt',
    });
    expect(warnings).to.deep.equal([]);
  });

  it('the runtime names the four resources that it leaves out, and the made-up value', () => {
    expect(runtime().leftOut).to.deep.equal(FOREIGN_LEFT_OUT);
    expect(runtime().madeUpValues).to.deep.equal([{ reference: 'Table.Arn', usedBy: 'Answer' }]);
  });
});

for (const [kind, logicalId] of [
  ['a function that esbuild does not build', 'CountWordsFunction'],
  ['an AWS::Lambda::Function', 'RawFunction'],
] as const)
  describe(`A state machine that invokes ${kind}`, () => {
    const { start, ended, warnings, runtime } = useRuntime(() =>
      writeSmallService({
        'Outputs:\n': `${foreignResources('Letters')}  RawFunction: { Type: AWS::Lambda::Function }\nOutputs:\n`,
        '{ Answer: !GetAtt Answer.Arn }': `{ Answer: !GetAtt ${logicalId}.Arn }`,
        'Action: lambda:InvokeFunction, Resource: !GetAtt Answer.Arn': `Action: lambda:InvokeFunction, Resource: !GetAtt ${logicalId}.Arn`,
      }),
    );

    it(`the execution fails with Lambda.ResourceNotFoundException, and its cause and a warning name ${kind}`, async () => {
      const { executionArn } = await start({});
      const { status, error, cause } = await ended(executionArn);
      expect({ status, error }).to.deep.equal({
        status: 'FAILED',
        error: 'Lambda.ResourceNotFoundException',
      });
      expect(cause).to.include(`does not run ${logicalId}: it runs only AWS::Serverless::Function`);
      expect(warnings.join()).to.include('Lambda.ResourceNotFoundException').and.include(logicalId);
      expect(runtime().madeUpValues).to.deep.equal([
        { reference: `${logicalId}.Arn`, usedBy: 'Correspondence' },
      ]);
    });
  });

describe('A template with an API', () => {
  const { runtime } = useRuntime(() => FIXTURE, { ApiAuth: 'API_KEY' });
  const headers = { 'content-type': 'application/json', 'x-api-key': 'key' };
  const answerOf = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${runtime().apiUrl}${path}`, { headers, ...init });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };

  it('POST starts an execution and GET describes it, without code between the API and Step Functions', async () => {
    const posted = await answerOf('/renderings', { method: 'POST', body: '{"key":"notes/first.md"}' });
    expect(posted.status).to.equal(200);
    const name = /:execution:RenderNotesStateMachine:([\w-]+)$/.exec(posted.body.executionArn)?.[1];
    let described = await answerOf(`/renderings/${name}`);
    while (described.body.status === 'RUNNING') {
      await sleep(20);
      described = await answerOf(`/renderings/${name}`);
    }
    // The function imports the package from its layer.
    expect(described).to.deep.equal({
      status: 200,
      body: { status: 'SUCCEEDED', output: { page: 'key: notes/first.md\n' } },
    });
  });

  it('the API refuses a body that its model does not allow, and a request without the API key', async () => {
    const wrong = await answerOf('/renderings', { method: 'POST', body: '{"key":"other/first.md"}' });
    expect(wrong.status).to.equal(400);
    expect(wrong.body.message).to.match(/^Expected \{"key": "notes\//);
    const { 'x-api-key': _, ...anonymous } = headers;
    const denied = await answerOf('/renderings', { method: 'POST', body: '{}', headers: anonymous });
    expect(denied).to.deep.equal({ status: 403, body: { message: 'Forbidden' } });
  });
});

describe('A template with a distribution', () => {
  let file: string;
  const { runtime, put, warnings } = useRuntime(() => {
    file = writeTemplate(
      `${DISTRIBUTION}Outputs:\n  SiteUrl: { Value: !Sub 'https://\${Site.DomainName}' }\n`,
    );
    return file;
  });
  const look = async (path: string) => {
    const answer = await fetch(`${runtime().distributions[0]?.url}${path}`);
    return `${answer.status} ${answer.headers.get('x-cache')}`;
  };
  /** Changes the template, and waits until the runtime has read it. */
  const change = async (from: string, to: string) => {
    const before = warnings.length;
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
    while (warnings.length === before) await sleep(20);
    return warnings.at(-1);
  };

  it('the runtime serves the distribution, and its outputs contain the URL', async () => {
    await put('local-pages', 'site/a', 'one');
    expect(await look('/a')).to.equal('200 Miss from cloudfront');
    const { distributions, outputs, leftOut, madeUpValues } = runtime();
    expect(distributions).to.have.length(1);
    expect(distributions[0]).to.deep.equal({ logicalId: 'Site', url: outputs.SiteUrl });
    expect({ leftOut, madeUpValues, warnings }).to.deep.equal({
      leftOut: [],
      madeUpValues: [],
      warnings: [],
    });
  });

  it('a changed template changes the distribution and the bucket policy, and empties the cache', async () => {
    await put('local-pages', 'site/a', 'one');
    await look('/a');
    expect(await change('DefaultTTL: 0', 'DefaultTTL: 100')).to.match(/^Read template\.yaml/);
    expect([await look('/a'), await look('/a')]).to.deep.equal([
      '200 Miss from cloudfront',
      '200 Hit from cloudfront',
    ]);
    await change('Action: s3:GetObject', 'Action: s3:GetObjectTagging');
    expect(await look('/a')).to.equal('403 Error from cloudfront');
    expect(warnings.at(-1)).to.match(
      /^AccessDenied: cloudfront\.amazonaws\.com is not authorized .* s3:GetObject/,
    );
    await change('Action: s3:GetObjectTagging', 'Action: s3:GetObject');
    expect(await look('/a')).to.equal('200 Miss from cloudfront');
  });

  it('a mistake in the distribution leaves the last good version serving', async () => {
    await put('local-pages', 'site/a', 'one');
    expect(await change('Enabled: true', 'Enabled: perhaps'))
      .to.include('expected true or false for Resources.Site')
      .and.match(/The last good version keeps serving\.$/);
    expect(await look('/a')).to.match(/^200 /);
    await change('Enabled: perhaps', 'Enabled: true');
  });
});

describe('A check that the caller of the runtime adds', () => {
  let mistake: string | undefined;
  const warnings: string[] = [];
  const start = (templateFile: string) =>
    startRuntime({
      templateFile,
      dataDirectory: temporaryFolder('runtime'),
      port: 0,
      s3Port: 0,
      parameterOverrides: {},
      layerDirectory: MODULES,
      apiKey: 'key',
      warn: (message) => warnings.push(message),
      check: async () => {
        if (mistake !== undefined) throw new Error(mistake);
      },
    });
  afterEach(() => {
    mistake = undefined;
  });

  it('what the check throws ends the start', async () => {
    mistake = 'table.ts:7: a mistake';
    const error = await start(FIXTURE).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message', mistake);
  });

  it('what the check throws after a change is told, and the next good version is taken', async () => {
    const file = writeTemplate(DISTRIBUTION);
    const runtime = await start(file);
    const change = async () => {
      const before = warnings.length;
      writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
      while (warnings.length === before) await sleep(20);
      return warnings.at(-1);
    };
    mistake = 'table.ts:7: a mistake';
    expect(await change()).to.equal('table.ts:7: a mistake\nThe last good version keeps serving.');
    mistake = undefined;
    expect(await change()).to.match(/^Read template\.yaml and its files again/);
    await runtime.stop();
  });
});

describe('A distribution in front of an existing bucket that a parameter names', () => {
  const own = 'Parameters: { PagesBucket: { Type: String } }\nResources:\n';
  const { runtime, put } = useRuntime(
    () =>
      writeTemplate(
        DISTRIBUTION.replace(/Resources:\n.*?(?= {2}Site:)/s, () => own).replace(
          '!GetAtt Pages.RegionalDomainName',
          '!Sub ${PagesBucket}.s3.${AWS::Region}.amazonaws.com',
        ),
      ),
    { PagesBucket: 'pages-of-mine' },
    ['PagesBucket'],
  );

  it('the distribution may read the bucket and list it, as its owner has to allow on AWS', async () => {
    await put('pages-of-mine', 'site/a', 'one');
    const url = runtime().distributions[0]?.url;
    expect((await fetch(`${url}/a`)).status).to.equal(200);
    expect((await fetch(`${url}/missing`)).status).to.equal(404);
  });
});

describe('A template with resources that are not supported and that nothing refers to', () => {
  const { runtime, put, ended, warnings } = useRuntime(() =>
    writeSmallService({
      'Outputs:\n': `  Site: { Type: AWS::S3::Bucket, Properties: { WebsiteConfiguration: {} } }
  Orders: { Type: AWS::SQS::Queue }
  Urgent: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true } }
Outputs:
`,
    }),
  );

  it('the runtime runs the others, and names each with the reason', async () => {
    await put('local-letters', 'letter.txt');
    expect(await ended()).to.include({ status: 'SUCCEEDED' });
    expect(runtime().leftOut.map(({ logicalId }) => logicalId)).to.deep.equal(['Site', 'Urgent']);
    for (const { reason } of runtime().leftOut)
      expect(reason).to.match(/^template\.yaml:\d+: \w+ is not supported/);
    expect(warnings).to.deep.equal([]);
  });
});

describe('The report of what is left out', () => {
  it('names one or two resources of a type, counts more, gives the reasons, and names each made-up value once', () => {
    const alarm = (logicalId: string) => ({ logicalId, type: 'AWS::CloudWatch::Alarm' });
    const reason = 'template.yaml:9: VpcConfig is not supported here for Resources.Report.Properties';
    const use = { reference: 'Table', usedBy: 'Answer' };
    expect(
      reportLeftOut({
        leftOut: [
          ...['First', 'Second', 'Third'].map(alarm),
          { logicalId: 'Report', type: 'AWS::Serverless::Function', reason },
        ],
        madeUpValues: [use, use],
      }),
    ).to.deep.equal([
      'Not run here: CloudWatch Alarm (3), Serverless Function (Report).',
      `  Report: ${reason}`,
      'Made-up values stand in for: Table in Answer.',
    ]);
  });
});

describe('A template that changes while it runs', () => {
  let file: string;
  const { warnings } = useRuntime(() => {
    file = writeSmallService();
    return file;
  });

  it('the runtime warns of what the changed template leaves out for a reason, once', async () => {
    const text = readFileSync(file, 'utf8');
    const reloads = () => warnings.filter((message) => message.startsWith('Read ')).length;
    for (const [index, addition] of ['Rules: {}\n', 'Rules: {}\n# more\n'].entries()) {
      writeFileSync(file, `${text}${addition}`);
      while (reloads() <= index) await sleep(20);
    }
    expect(warnings.filter((message) => message.startsWith('Not run here'))).to.deep.equal([
      `Not run here: Rules: template.yaml:${text.split('\n').length}: not checked here, only by CloudFormation`,
    ]);
  });
});

describe('The command line, node start.ts', () => {
  const START = fileURLToPath(new URL('../start.ts', import.meta.url));

  /** Runs the command in the folder of a template, and sends it SIGTERM once it has printed a text. */
  async function run(template: string, until: RegExp, words: readonly string[] = []) {
    const flags = [
      '--template',
      template,
      '--port',
      '0',
      '--s3-port',
      '0',
      '--cloudfront-port',
      '0',
      '--data',
      temporaryFolder('start'),
    ];
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', START, ...flags, ...words],
      { cwd: dirname(template) },
    );
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        printed += chunk;
        if (until.test(printed)) child.kill('SIGTERM');
      });
    const [exitCode] = await once(child, 'close');
    return { printed, exitCode };
  }

  it('the command prints the addresses, the outputs and the resources that are left out, and stops on SIGTERM', async () => {
    const { printed, exitCode } = await run(
      writeSmallService({ ...FOREIGN, 'SENDER: nobody': 'SENDER: !Ref Table' }),
      /Table in Answer/,
    );
    expect(exitCode).to.equal(0);
    expect(printed).to.match(/S3 +http:\/\/127\.0\.0\.1:\d+\n/);
    expect(printed).to.match(/Step Functions +http:\/\/127\.0\.0\.1:\d+\n/);
    expect(printed).to.include(`CorrespondenceArn: ${MACHINE}\n`);
    for (const { logicalId } of FOREIGN_LEFT_OUT) expect(printed).to.include(logicalId);
  });

  it('the command prints a mistake in the template with file and line, and ends with exit code 1', async () => {
    const template = writeSmallService({ 'CodeUri: .,': 'CodeUri: ., EphemeralStorage: { Size: 1024 },' });
    expect(await run(template, /never/)).to.deep.include({ exitCode: 1 });
    expect((await run(template, /never/)).printed).to.match(
      /^template\.yaml:\d+: EphemeralStorage is not supported here for Resources\.Answer\.Properties; supported are .*$/m,
    );
  });
});

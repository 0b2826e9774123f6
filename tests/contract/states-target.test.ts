import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { expect } from 'chai';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';

/** Resolves the host that clients of AWS derive from an address, such as sync-127.0.0.1, to this machine. */
const RESOLVER = `import dns from 'node:dns';
const { lookup } = dns;
dns.lookup = (host, options, done) => lookup(host.replace(/^sync-127.*/, '127.0.0.1'), options, done);`;

/** The whole table in CI, which also looks for faults, and that of one state machine otherwise. */
const { grep, calls } = process.env.FAULTS
  ? { grep: [], calls: 300 }
  : { grep: ['--grep', 'ResizeUploadStateMachine'], calls: 50 };

describe('npm run test:states -- --aws', () => {
  let pipeline: PipelineUnderTest;
  let aws: Server;
  const asked: Pick<IncomingMessage, 'headers'>[] = [];
  before(async () => {
    pipeline = await startPipeline();
    // In place of AWS, the local runtime, behind a proxy that keeps the headers.
    aws = createServer(async (request, response) => {
      asked.push({ headers: request.headers });
      const answer = await fetch(pipeline.addresses.states, {
        method: 'POST',
        headers: { 'x-amz-target': String(request.headers['x-amz-target']) },
        body: Buffer.concat(await request.toArray()),
      });
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(await answer.text());
    }).listen(0, '127.0.0.1');
    await once(aws, 'listening');
  });
  after(async () => {
    aws.close();
    await pipeline.stop();
  });

  it('sends the table to the endpoint for TestState in the region of the environment, signed by its credentials', async () => {
    const address = aws.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { STATES_ON_AWS: _, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ['node_modules/mocha/bin/mocha.js', 'tests/contract/single-states.test.ts', '--aws', ...grep],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...env,
          NODE_OPTIONS: `--import ${encoded(RESOLVER)}`,
          AWS_ENDPOINT_URL_SFN: `http://127.0.0.1:${port}`,
          AWS_REGION: 'eu-central-1',
          AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'anything',
        },
      },
    );
    const [printed, [code]] = await Promise.all([child.stdout.toArray(), once(child, 'close')]);
    const said = String(Buffer.concat(printed));
    expect(code, said).to.equal(0);
    expect(said).to.include('The states of this pipeline, one by one, on AWS');
    expect(asked).to.have.length.above(calls);
    for (const { headers } of asked) {
      expect(headers.host).to.equal(`sync-127.0.0.1:${port}`);
      expect(headers['x-amz-target']).to.equal('AWSStepFunctions.TestState');
      expect(headers.authorization).to.match(
        /Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/states\/aws4_request/,
      );
    }
  });
});

function encoded(module: string): string {
  return `data:text/javascript,${encodeURIComponent(module)}`;
}

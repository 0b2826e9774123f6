import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';

const COLLECTION = 'postman/image-pipeline.postman_collection.json';
const ENVIRONMENTS = ['postman/local.postman_environment.json', 'postman/aws.postman_environment.json'];

interface Execution {
  readonly item: { readonly name: string };
  readonly request: { readonly header: readonly { readonly key: string; readonly value: string }[] };
  readonly assertions?: readonly {
    readonly assertion: string;
    readonly error?: { readonly message: string };
  }[];
}

describe('The Postman collection', () => {
  let pipeline: PipelineUnderTest;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'newman-'));
  });
  afterEach(async () => {
    await pipeline.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs `newman run` with the local environment, in which these variables replace its own. */
  async function runNewman(variables: Record<string, string>): Promise<Execution[]> {
    const report = join(folder, 'report.json');
    const overrides = Object.entries(variables).flatMap(([name, value]) => ['--env-var', `${name}=${value}`]);
    const reporting = ['--reporters', 'json', '--reporter-json-export', report];
    const child = spawn(
      process.execPath,
      [
        'node_modules/newman/bin/newman.js',
        'run',
        COLLECTION,
        '-e',
        ENVIRONMENTS[0] ?? '',
        ...overrides,
        ...reporting,
      ],
      { stdio: 'ignore' },
    );
    await once(child, 'exit');
    return JSON.parse(readFileSync(report, 'utf8')).run.executions;
  }

  const signature =
    /^AWS4-HMAC-SHA256 Credential=anybody\/\d{8}\/us-east-1\/execute-api\/aws4_request, SignedHeaders=/;
  const credentials: Record<string, Record<string, RegExp>> = {
    NONE: {},
    API_KEY: { 'x-api-key': /^local$/ },
    AWS_IAM: { Authorization: signature },
  };
  for (const [apiAuth, expected] of Object.entries(credentials))
    it(`The Postman collection passes every test of every request with ApiAuth=${apiAuth}`, async () => {
      pipeline = await startPipeline({ words: ['--parameter-overrides', `ApiAuth=${apiAuth}`] });
      await pipeline.uploadAndWait('input/dandelion.jpg', await paintUpright(64, 48).jpeg().toBuffer());
      const executions = await runNewman({ baseUrl: pipeline.addresses.api, apiAuth });
      const failed = executions.flatMap(({ item, assertions = [] }) =>
        assertions.flatMap(({ assertion, error }) =>
          error ? `${item.name}: ${assertion}: ${error.message}` : [],
        ),
      );
      expect(failed).to.deep.equal([]);
      const collection = JSON.parse(readFileSync(COLLECTION, 'utf8'));
      const names: string[] = collection.item.flatMap(({ item }: { item: { name: string }[] }) =>
        item.map(({ name }) => name),
      );
      expect([...new Set(executions.map(({ item }) => item.name))]).to.deep.equal(names);
      for (const { item, request, assertions = [] } of executions) {
        expect(assertions, item.name).not.to.deep.equal([]);
        const carried = request.header.filter(({ key }) => /^(x-api-key|authorization)$/i.test(key));
        const needed = /without credentials/i.test(item.name) ? {} : expected;
        expect(
          carried.map(({ key }) => key),
          item.name,
        ).to.have.members(Object.keys(needed));
        for (const { key, value } of carried) expect(value).to.match(needed[key] ?? /never/);
      }
    });
});

describe('The Postman environments', () => {
  it('The Postman environments have the same variables, and the environment for AWS contains no secret', () => {
    const [local = [], aws = []] = ENVIRONMENTS.map((file) => {
      const { values } = JSON.parse(readFileSync(file, 'utf8'));
      return values as { key: string; value: string; type: string }[];
    });
    expect(aws.map(({ key }) => key)).to.deep.equal(local.map(({ key }) => key));
    for (const { key, value, type } of aws) if (type === 'secret') expect(value, key).to.equal('');
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { rolesOf } from '../../local/roles.ts';
import { readTemplate } from '../../local/template.ts';
import { paintUpright } from '../unit/image/images.ts';
import { copyCheckout, type PipelineUnderTest, until } from './pipeline.ts';
import { type Runtime, startRuntime } from './runtime-process.ts';

/** An action of a role on one of its resources. */
interface Grant {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** The actions that carry data; logs and traces never show in a run. */
const CARRIES_DATA = /^(s3:|lambda:|sqs:|states:)/;
/** What only a stop needs. tests/deploy holds that the template has them. */
const FOR_STOPS = ['s3:AbortMultipartUpload', 'states:StopExecution'];

const grants = grantsOf('template.yaml');

describe('Without', () => {
  let checkout: string;
  let data: string;
  let runtime: Runtime;
  let said = '';
  let template = '';

  before(async () => {
    // Without retries nothing waits; who may not, may not the second time either.
    checkout = copyCheckout('statemachine/resize-image.asl.json', withoutRetries);
    const upload = join(checkout, 'statemachine/resize-upload.asl.json');
    writeFileSync(upload, withoutRetries(readFileSync(upload, 'utf8')));
    template = readFileSync(join(checkout, 'template.yaml'), 'utf8');
    data = mkdtempSync(join(tmpdir(), 'runtime-permissions-'));
    runtime = await startRuntime(data, {
      checkout,
      listen: (text) => {
        said += text;
      },
    });
  });
  after(async () => {
    await runtime.killGroup();
    rmSync(checkout, { recursive: true });
    rmSync(data, { recursive: true });
  });

  for (const grant of grants)
    it(`${grant.action} on ${grant.resource.replace(/^.*:::?/, '')} for ${grant.role}, something is denied by that name`, async () => {
      said = '';
      const denied = [grant];
      // A message is sent only where an invocation has failed.
      if (grant.action === 'sqs:SendMessage')
        denied.push(
          ...grants.filter(({ role, action }) => role === grant.role && action.startsWith('lambda:')),
        );
      writeFileSync(join(checkout, 'template.yaml'), deny(template, denied));
      await until(async () => (said.includes('again') ? true : undefined), 'the changed template');
      const told = await useEverything(runtime.pipeline);
      const names = new RegExp(
        `assumed-role/${grant.role}/\\S+ is not authorized to perform: ${grant.action} on resource: ${startOf(grant.resource)}`,
      );
      const seen = async () => {
        const all = [said, ...told, ...readResults(data)].join('\n');
        return names.test(all) ? true : undefined;
      };
      expect(await until(seen, `the denial of ${grant.action}, in: ${said}`)).to.equal(true);
    });

  it('nothing that only SAM or this list knows is left out: every role is among them', () => {
    const template = readTemplate({ file: 'template.yaml', parameterOverrides: {}, queueUrl: String });
    expect(new Set(grants.map(({ role }) => role))).to.deep.equal(new Set(rolesOf(template).keys()));
  });
});

function grantsOf(file: string): Grant[] {
  const template = readTemplate({ file, parameterOverrides: {}, queueUrl: String });
  return [...rolesOf(template).values()].flatMap(({ logicalId, statements }) =>
    statements.flatMap(({ actions, resources }) =>
      actions
        .filter((action) => CARRIES_DATA.test(action) && !FOR_STOPS.includes(action))
        .flatMap((action) => resources.map((resource) => ({ role: logicalId, action, resource }))),
    ),
  );
}

function withoutRetries(definition: string): string {
  return definition.replaceAll(/"MaxAttempts": \d+/g, '"MaxAttempts": 0');
}

/** The template with one policy more, which takes the grants away. */
function deny(template: string, grants: readonly Grant[]): string {
  const policies = grants.map(
    ({ role, action, resource }, index) => `
  Denied${index}:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: Denied${index}
      Roles: [!Ref ${role}]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: { Effect: Deny, Action: '${action}', Resource: '${resource}' }
`,
  );
  return template.replace('\nOutputs:\n', () => `${policies.join('')}\nOutputs:\n`);
}

/** An upload, a removal, a bulk run, one image that is not there, and the status of each; gives what was answered. */
async function useEverything(pipeline: PipelineUnderTest): Promise<readonly string[]> {
  const { s3, addresses } = pipeline;
  await pipeline.upload('input/cat.png', await paintUpright(40, 30).png().toBuffer());
  const Key = 'output/gone.png/manifest.json';
  await s3.send(new PutObjectCommand({ Bucket: addresses.resizedImagesBucket, Key, Body: '{}' }));
  await pipeline.upload('input/gone.png', await paintUpright(30, 40).png().toBuffer());
  await s3.send(new DeleteObjectCommand({ Bucket: addresses.originalImagesBucket, Key: 'input/gone.png' }));
  const started = [await pipeline.post({ force: true }), await pipeline.post({ key: 'input/missing.png' })];
  const statuses = started.map(({ body }) => pipeline.get(String(body.executionArn).split(':').pop() ?? ''));
  return [...started, ...(await Promise.all(statuses))].map(({ body }) => JSON.stringify(body));
}

/** The result files of the bulk runs, which tell why a batch failed. */
function readResults(data: string): string[] {
  const runs = join(data, 's3/local-resizedimagesbucket/runs');
  try {
    return readdirSync(runs, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('_0.json'))
      .map((file) => JSON.stringify(JSON.parse(readFileSync(join(runs, file), 'utf8'))));
  } catch {
    return [];
  }
}

/** The part of a resource that is the same in every message about it, as a regular expression. */
function startOf(resource: string): string {
  return resource.replace(/\*.*$/, '').replace(/[.$]/g, '\\$&');
}

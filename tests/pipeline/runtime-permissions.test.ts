import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { expect } from 'chai';
import { type Document, isMap, isNode, isScalar, visit, type YAMLMap } from 'yaml';
import { rolesOf } from '../../runtime/iam/roles.ts';
import { readSource } from '../../runtime/template/source.ts';
import { readTemplate } from '../../runtime/template/template.ts';
import { paintUpright } from '../support/images.ts';
import { copyCheckout, type PipelineUnderTest, until } from '../support/pipeline.ts';
import { type Runtime, startRuntime } from '../support/runtime-process.ts';

/** An action of a role on one of its resources. */
interface Grant {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** One action less: the template without it, and the grants that are gone. */
interface Removal {
  readonly template: string;
  readonly grants: readonly Grant[];
}

/** What became of an operation, with all that it was answered. */
interface Outcome {
  readonly succeeded: boolean;
  readonly told: string;
}

/** The actions that carry data; logs and traces never show in a run. */
const CARRIES_DATA = /^(s3:|lambda:|sqs:|states:)/;
/** What only a stop needs. tests/deploy holds that the template has them. */
const FOR_STOPS = ['s3:AbortMultipartUpload', 'states:StopExecution'];

const INVOKE = 'lambda:InvokeFunction';

const file = 'template.yaml';
const document = resolved();
const scratch = mkdtempSync(join(tmpdir(), 'runtime-permissions-'));
const all = grantsOf(readFileSync(file, 'utf8'));
const removals = removalsOf(all);

describe('Without', () => {
  let checkout: string;
  let runtime: Runtime;
  let said = '';

  before(async () => {
    // Without retries nothing waits; who may not, may not the second time either.
    checkout = copyCheckout('statemachine/resize-image.asl.json', withoutRetries);
    const upload = join(checkout, 'statemachine/resize-upload.asl.json');
    writeFileSync(upload, withoutRetries(readFileSync(upload, 'utf8')));
    runtime = await startRuntime(join(scratch, 'data'), {
      checkout,
      listen: (text) => {
        said += text;
      },
    });
    await makeImage(runtime.pipeline, 'input/bulk/cat.png');
    for (const index of removals.keys()) await makeImage(runtime.pipeline, `input/removed/${index}.png`);
  });
  after(async () => {
    await runtime.killGroup();
    rmSync(checkout, { recursive: true });
    rmSync(scratch, { recursive: true });
  });

  /** Runs an operation under a template that the runtime has read just before. */
  async function operate(template: string, operation: keyof typeof OPERATIONS, index: number) {
    said = '';
    writeFileSync(join(checkout, file), template);
    await until(async () => /Read .* again/.test(said) || undefined, 'the changed template');
    said = '';
    return OPERATIONS[operation](runtime.pipeline, index, () => said);
  }

  for (const [index, { template, grants }] of removals.entries()) {
    const [{ role, action } = { role: '', action: '' }] = grants;
    const operation = operationOf(role, action);
    it(`${grants.map(nameOf).join(' and ')} of ${role}, ${operation} fails with AccessDenied by that name`, async () => {
      const { succeeded, told } = await operate(template, operation, index);
      expect(succeeded, told).to.equal(false);
      const denial = denialOf(grants.filter((grant) => grant.action === action));
      // An answer may overtake what the runtime says of it, which comes through a pipe.
      await until(
        async () => denial.test(`${said}\n${told}`) || undefined,
        () => `${denial} in ${said}\n${told}`,
        5_000,
      );
    });
  }

  it('nothing, everything succeeds', async () => {
    const template = `${readFileSync(file, 'utf8')}# As it is.\n`;
    for (const operation of ['an upload', 'a removal', 'a bulk run', 'a status call'] as const) {
      const { succeeded, told } = await operate(template, operation, removals.length - 1);
      expect(succeeded, `${operation}: ${said}\n${told}`).to.equal(true);
    }
  });

  it('no action is left out: what has no statement in the template is what SAM grants, and is denied', () => {
    const ofSam = ['ResizeUploadStateMachineImageUploaded', 'ResizeUploadStateMachineImageRemoved'];
    ofSam.push('ResizeImageStateMachineProcessImage');
    const denied = removals.filter(({ template }) => template.includes('PolicyName: Denied'));
    expect(denied.flatMap(({ grants }) => grants.map(({ role }) => role))).to.have.members(
      ofSam.map((name) => `${name}Role`),
    );
    const roles = new Set(removals.flatMap(({ grants }) => grants.map(({ role }) => role)));
    expect(roles).to.deep.equal(new Set(all.map(({ role }) => role)));
  });
});

function grantsOf(text: string): Grant[] {
  const read = join(scratch, file);
  writeFileSync(read, text);
  const template = readTemplate({ file: read, parameterOverrides: {}, queueUrl: String });
  return [...rolesOf(template).values()].flatMap(({ logicalId, statements }) =>
    statements.flatMap(({ effect, actions, resources }) =>
      actions
        .filter((action) => effect === 'Allow' && CARRIES_DATA.test(action) && !FOR_STOPS.includes(action))
        .flatMap((action) => resources.map((resource) => ({ role: logicalId, action, resource }))),
    ),
  );
}

/** Every action of a statement that carries data, each taken out of the template by itself. */
function removalsOf(grants: readonly Grant[]): Removal[] {
  const statements = statementsOf(document);
  const removals: Removal[] = [];
  for (const [at, statement] of statements.entries())
    for (const action of actionsOf(statement).filter((one) => CARRIES_DATA.test(one))) {
      const gone = missingFrom(grants, without([{ at, action }]));
      const [{ role } = { role: '' }] = gone;
      if (gone.length === 0) continue;
      const dropped = [{ at, action }];
      // A message is sent only where an invocation has failed.
      if (action === 'sqs:SendMessage') dropped.push({ at: invokingOf(grants, role), action: INVOKE });
      const template = without(dropped);
      const also = missingFrom(grants, template).filter((grant) => grant.action !== action);
      removals.push({ template, grants: [...gone, ...also] });
    }
  // What SAM grants by itself has no statement to take it from: there it is denied.
  const inStatements = new Set(removals.flatMap(({ grants: found }) => found));
  for (const grant of grants.filter((one) => !inStatements.has(one)))
    removals.push({ template: deny(grant), grants: [grant] });
  return removals;
}

/** The statement by which a role may invoke. */
function invokingOf(grants: readonly Grant[], role: string): number {
  return statementsOf(document).findIndex(
    (statement, at) =>
      actionsOf(statement).includes(INVOKE) &&
      missingFrom(grants, without([{ at, action: INVOKE }])).some((grant) => grant.role === role),
  );
}

function nameOf({ action, resource }: Grant): string {
  return `${action} on ${resource.replace(/^.*:::?/, '')}`;
}

function missingFrom(grants: readonly Grant[], template: string): Grant[] {
  const left = new Set(grantsOf(template).map((grant) => JSON.stringify(grant)));
  return grants.filter((grant) => !left.has(JSON.stringify(grant)));
}

/** The template with every alias written out, so that a statement belongs to one role alone. */
function resolved(): Document {
  const { document: written } = readSource(file);
  visit(written, {
    Alias: (_, alias) => {
      const copy = alias.resolve(written)?.clone();
      return isNode(copy) ? copy : undefined;
    },
  });
  visit(written, {
    Node: (_, node) => {
      if ('anchor' in node) delete node.anchor;
      // `.`, the folder, is a number to YAML 1.1's writer.
      if (isScalar(node) && Number.isNaN(node.value)) node.value = node.source;
    },
  });
  return written;
}

function statementsOf(template: Document): YAMLMap[] {
  const found: YAMLMap[] = [];
  visit(template, {
    Map: (_, map) => {
      if (map.has('Effect') && map.has('Action')) found.push(map);
    },
  });
  return found;
}

function actionsOf(statement: YAMLMap | undefined): string[] {
  const actions = statement?.get('Action', true);
  return [isNode(actions) ? actions.toJSON() : []].flat().map(String);
}

function without(dropped: readonly { readonly at: number; readonly action: string }[]): string {
  const copy = document.clone();
  const statements = statementsOf(copy);
  for (const { at, action } of dropped) {
    const statement = statements[at];
    const left = actionsOf(statement).filter((other) => other !== action);
    if (isMap(statement)) statement.set('Action', copy.createNode(left));
  }
  return copy.toString({ lineWidth: 0 });
}

/** The template with one policy more, which takes a grant away. */
function deny({ role, action, resource }: Grant): string {
  const policy = `
  Denied:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: Denied
      Roles: [!Ref ${role}]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: { Effect: Deny, Action: '${action}', Resource: '${resource}' }
`;
  return readFileSync(file, 'utf8').replace('\nOutputs:\n', () => `${policy}\nOutputs:\n`);
}

function withoutRetries(definition: string): string {
  return definition.replaceAll(/"MaxAttempts": \d+/g, '"MaxAttempts": 0');
}

/** The operation that needs an action of a role, or the first that does. */
function operationOf(role: string, action: string): keyof typeof OPERATIONS {
  if (role === 'ProcessImageStatusRole') return 'a status call';
  if (role.startsWith('ResizeImageStateMachine')) return 'a bulk run';
  if (role.endsWith('ImageRemovedRole') || action === 's3:DeleteObject' || action === 's3:ListBucket')
    return 'a removal';
  return 'an upload';
}

type Operation = (pipeline: PipelineUnderTest, index: number, said: () => string) => Promise<Outcome>;

const OPERATIONS = {
  'an upload': async (pipeline, index, said) => {
    const key = `input/uploaded-${index}.png`;
    await pipeline.upload(key, await paintUpright(40, 30).png().toBuffer());
    return ended(async () => (await pipeline.manifest(key)) !== undefined, said);
  },
  'a removal': async (pipeline, index, said) => {
    await pipeline.remove(`input/removed/${index}.png`);
    return ended(async () => (await pipeline.outputs(`output/removed/${index}.png/`)).length === 0, said);
  },
  'a bulk run': async (pipeline) => {
    const { status, body } = await pipeline.post({ prefix: 'input/bulk/', force: true });
    if (status !== 200) return { succeeded: false, told: JSON.stringify(body) };
    const executionArn = String(body.executionArn);
    const execution = await until(async () => {
      const found = await pipeline.states.send(new DescribeExecutionCommand({ executionArn }));
      return found.status === 'RUNNING' ? undefined : found;
    }, `the end of ${executionArn}`);
    const results = await pipeline.outputs(`runs/${execution.name}/`);
    const texts = await Promise.all(results.map((key) => pipeline.resized(key)));
    const told = [JSON.stringify(execution), ...texts].join('\n');
    return { succeeded: execution.status === 'SUCCEEDED' && !told.includes('unprocessed'), told };
  },
  'a status call': async (pipeline) => {
    const started = await pipeline.post({ key: 'input/bulk/cat.png' });
    const name = String(started.body.executionArn).split(':').pop() ?? '';
    const { status, body } = await pipeline.get(name);
    return { succeeded: status === 200, told: JSON.stringify(body) };
  },
} as const satisfies Record<string, Operation>;

/** Waits until something is made, or the runtime says why it is not. */
async function ended(isMade: () => Promise<boolean>, said: () => string): Promise<Outcome> {
  const look = async () => {
    if (await isMade()) return { succeeded: true, told: '' };
    return / ended FAILED: |could not be delivered/.test(said()) ? { succeeded: false, told: '' } : undefined;
  };
  return until(look, 'the end of the operation');
}

async function makeImage(pipeline: PipelineUnderTest, key: string): Promise<void> {
  await pipeline.uploadAndWait(key, await paintUpright(30, 40).png().toBuffer());
}

/** One line with AccessDenied that names the principal, the action and one of the resources; before or after it, by service. */
function denialOf(grants: readonly Grant[]): RegExp {
  const [{ role, action } = { role: '', action: '' }] = grants;
  const resources = grants.map(({ resource }) => startOf(resource)).join('|');
  return new RegExp(
    `^(?=.*AccessDenied).*assumed-role/${role}/\\S+ is not authorized to perform: ${action} on resource: (${resources})`,
    'm',
  );
}

/** The part of a resource that is the same in every message about it, as a regular expression. */
function startOf(resource: string): string {
  return resource.replace(/\*.*$/, '').replace(/[.$]/g, '\\$&');
}

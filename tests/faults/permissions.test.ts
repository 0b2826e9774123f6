import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSource, readTemplate, rolesOf } from 'aws-on-one-machine';
import { expect } from 'chai';
import { type Document, isMap, isNode, isScalar, visit, type YAMLMap } from 'yaml';
import { copyCheckout } from '../support/checkout.ts';
import { paintUpright } from '../support/images.ts';
import { until } from '../support/pipeline.ts';
import { type Runtime, startRuntime } from '../support/runtime-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A role's permission for one action on one resource. */
interface Grant {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** A template without one action, and the grants that it lacks. */
interface Removal {
  readonly template: string;
  readonly grants: readonly Grant[];
}

/** How an operation ended, with the text of its answers. */
interface Outcome {
  readonly succeeded: boolean;
  readonly answer: string;
}

/** The actions on data. A run does not depend on those for logs and traces. */
const CARRIES_DATA = /^(s3:|lambda:|sqs:|states:)/;
/** The actions that only a stopped execution needs: tests/deploy checks that the template grants them. */
const FOR_STOPS = ['s3:AbortMultipartUpload', 'states:StopExecution'];

const WRITE = 's3:PutObject';

const file = 'template.yaml';
const document = resolved();
const scratch = temporaryFolder('permissions');
const all = grantsOf(readFileSync(file, 'utf8'));
const removals = removalsOf(all);

describe('The pipeline', () => {
  let checkout: string;
  let runtime: Runtime;

  before(async () => {
    // A retry of a denied call is denied too, after a wait.
    checkout = copyCheckout({
      'statemachine/resize-image.asl.json': withoutRetries,
      'statemachine/resize-upload.asl.json': withoutRetries,
    });
    runtime = await startRuntime(join(scratch, 'data'), { checkout });
    const keys = ['input/bulk/cat.png', ...removals.map((_, index) => `input/removed/${index}.png`)];
    const picture = await paintUpright(30, 40).png().toBuffer();
    await Promise.all(keys.map((key) => runtime.pipeline.uploadAndWait(key, picture)));
    // From now on, each bulk run asks whether the one before it still runs.
    await runtime.pipeline.process({ prefix: 'input/bulk/' });
  });
  after(() => runtime.killGroup());

  /** Changes the template and waits until the runtime has read it. */
  async function changeTemplate(text: string): Promise<void> {
    runtime.clearPrinted();
    writeFileSync(join(checkout, file), text);
    await until(async () => /Read .* again/.test(runtime.printed()), 'the changed template');
  }

  function operate(operation: keyof typeof OPERATIONS, index: number): Promise<Outcome> {
    runtime.clearPrinted();
    return OPERATIONS[operation](runtime, index);
  }

  for (const [index, { template, grants }] of removals.entries()) {
    const [{ role, action, resource } = { role: '', action: '', resource: '' }] = grants;
    const operation = operationOf(role, action, resource);
    it(`When ${role} lacks ${grants.map(nameOf).join(' and ')}, ${operation} reports AccessDenied with role, action and resource`, async () => {
      await changeTemplate(template);
      const { succeeded, answer } = await operate(operation, index);
      expect(succeeded, answer).to.equal(false);
      const denial = denialOf(grants.filter((grant) => grant.action === action));
      const texts = () => `${runtime.printed()}\n${answer}`;
      // The answer can arrive before the runtime's message about it, which comes through a pipe.
      await until(
        async () => denial.test(texts()),
        () => `${denial} in ${texts()}`,
        5_000,
      );
    });
  }

  it('Every operation completes when no role lacks a permission', async () => {
    await changeTemplate(readFileSync(file, 'utf8'));
    for (const operation of Object.keys(OPERATIONS).filter(isOperation)) {
      const { succeeded, answer } = await operate(operation, removals.length - 1);
      expect(succeeded, `${operation}: ${runtime.printed()}\n${answer}`).to.equal(true);
    }
  });

  it('The pipeline is tested without each action of each role: actions that SAM grants are denied, all others are removed', () => {
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
  // As npm start turns it on.
  const parameterOverrides = { BrowserUploads: 'true' };
  const template = readTemplate({ file: read, parameterOverrides, queueUrl: String });
  return [...rolesOf(template).values()].flatMap(({ logicalId, statements }) =>
    statements.flatMap(({ effect, actions, resources }) =>
      actions
        .filter((action) => effect === 'Allow' && CARRIES_DATA.test(action) && !FOR_STOPS.includes(action))
        .flatMap((action) => resources.map((resource) => ({ role: logicalId, action, resource }))),
    ),
  );
}

/** One removal for each action on data. */
function removalsOf(grants: readonly Grant[]): Removal[] {
  const statements = statementsOf(document);
  const removals: Removal[] = [];
  for (const [at, statement] of statements.entries())
    for (const action of actionsOf(statement).filter((one) => CARRIES_DATA.test(one))) {
      const gone = missingFrom(grants, without([{ at, action }]));
      if (gone.length === 0) continue;
      const dropped = [{ at, action }];
      // A message is sent only after an image has failed, so its renditions have to be denied too.
      if (action === 'sqs:SendMessage') dropped.push({ at: writingOf(grants), action: WRITE });
      const template = without(dropped);
      const also = missingFrom(grants, template).filter((grant) => grant.action !== action);
      removals.push({ template, grants: [...gone, ...also] });
    }
  // A grant that SAM generates has no statement in the template to remove it from: deny it instead.
  const inStatements = new Set(removals.flatMap(({ grants: found }) => found));
  for (const grant of grants.filter((one) => !inStatements.has(one)))
    removals.push({ template: deny(grant), grants: [grant] });
  return removals;
}

/** The index of the statement that allows the function to write renditions. */
function writingOf(grants: readonly Grant[]): number {
  return statementsOf(document).findIndex(
    (statement, at) =>
      actionsOf(statement).includes(WRITE) &&
      missingFrom(grants, without([{ at, action: WRITE }])).some(({ resource }) =>
        resource.includes('/output/'),
      ),
  );
}

function nameOf({ action, resource }: Grant): string {
  return `${action} on ${resource.replace(/^arn:aws(:[^:]*){3}:/, '')}`;
}

function missingFrom(grants: readonly Grant[], template: string): Grant[] {
  const left = new Set(grantsOf(template).map((grant) => JSON.stringify(grant)));
  return grants.filter((grant) => !left.has(JSON.stringify(grant)));
}

/** The template with a copy in place of each YAML alias, so that each statement belongs to one role only. */
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
      // The YAML 1.1 writer takes the folder `.` for a number.
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

/** The template with one more policy, which denies a grant. */
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

/** An operation that needs the action of the role. */
function operationOf(role: string, action: string, resource: string): keyof typeof OPERATIONS {
  if (role === 'ProcessImageStatusRole') return 'a status call';
  if (role === 'CreateUploadLinkRole' || role === 'UploadLinkFunctionRole') return 'an upload by a link';
  const isOfRuns = resource.includes('/runs/') || resource.includes(':execution:');
  if (role.startsWith('ResizeImageStateMachine') || isOfRuns) return 'a bulk run';
  if (role.endsWith('ImageRemovedRole') || action === 's3:DeleteObject' || action === 's3:ListBucket')
    return 'a removal';
  return 'an upload';
}

function isOperation(name: string): name is keyof typeof OPERATIONS {
  return Object.hasOwn(OPERATIONS, name);
}

type Operation = (runtime: Runtime, index: number) => Promise<Outcome>;

const OPERATIONS = {
  'an upload': async (runtime, index) => {
    const { pipeline } = runtime;
    const key = `input/uploaded-${index}.png`;
    await pipeline.upload(key, await paintUpright(40, 30).png().toBuffer());
    return endOf(async () => (await pipeline.manifest(key)) !== undefined, runtime);
  },
  'an upload by a link': async (runtime, index) => {
    const { pipeline } = runtime;
    const picture = await paintUpright(40, 30).png().toBuffer();
    const asked = { name: `linked-${index}.png`, contentType: 'image/png', bytes: picture.length };
    const answer = await pipeline.call('/uploads', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(asked),
    });
    if (answer.status !== 200) return { succeeded: false, answer: await answer.text() };
    const { key, url, fields } = JSON.parse(await answer.text());
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
    form.append('file', new Blob([new Uint8Array(picture)]));
    const sent = await fetch(url, { method: 'POST', body: form });
    if (sent.status !== 204) return { succeeded: false, answer: await sent.text() };
    return endOf(async () => (await pipeline.manifest(key)) !== undefined, runtime);
  },
  'a removal': async (runtime, index) => {
    const { pipeline } = runtime;
    await pipeline.remove(`input/removed/${index}.png`);
    return endOf(async () => (await pipeline.outputs(`output/removed/${index}.png/`)).length === 0, runtime);
  },
  'a bulk run': async ({ pipeline }) => {
    const { status, body } = await pipeline.post({ prefix: 'input/bulk/', force: true });
    if (status !== 200) return { succeeded: false, answer: JSON.stringify(body) };
    const execution = await pipeline.endOf(String(body.executionArn));
    const results = await pipeline.outputs(`runs/${execution.name}/`);
    const texts = await Promise.all(results.map((key) => pipeline.resized(key)));
    const answer = [JSON.stringify(execution), ...texts].join('\n');
    // With every image unprocessed, the run fails; this one has a single image.
    return { succeeded: execution.status === 'SUCCEEDED', answer };
  },
  'a status call': async ({ pipeline }) => {
    const started = await pipeline.post({ key: 'input/bulk/cat.png' });
    const name = String(started.body.executionArn).split(':').pop() ?? '';
    const { status, body } = await pipeline.get(name);
    return { succeeded: status === 200, answer: JSON.stringify(body) };
  },
} as const satisfies Record<string, Operation>;

/** Waits until an operation is done or the runtime prints that it failed. */
async function endOf(isDone: () => Promise<boolean>, { printed }: Runtime): Promise<Outcome> {
  const look = async () => {
    if (await isDone()) return { succeeded: true, answer: '' };
    const failure = /^\S+ {2}not processed|^run \S+ {2}[A-Z][\w.]*: |could not be delivered/m;
    return failure.test(printed()) && { succeeded: false, answer: '' };
  };
  return until(look, 'the end of the operation');
}

/** Matches a line with the principal, the action and one of the resources. AccessDenied is before or after them. */
function denialOf(grants: readonly Grant[]): RegExp {
  const [{ role, action } = { role: '', action: '' }] = grants;
  const resources = grants.map(({ resource }) => startOf(resource)).join('|');
  return new RegExp(
    `^(?=.*AccessDenied).*assumed-role/${role}/\\S+ is not authorized to perform: ${action} on resource: (${resources})`,
    'm',
  );
}

/** The part of a resource before its first wildcard, as a regular expression: messages name the object itself. */
function startOf(resource: string): string {
  return resource.replace(/\*.*$/, '').replace(/[.$]/g, '\\$&');
}

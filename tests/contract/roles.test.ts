// Who may call what: the roles of the deployed stack, by name.

import {
  AccessDeniedError,
  createAuthorizer,
  createPrincipalOf,
  type Role,
  rolesOf,
} from 'aws-on-one-machine';
import { expect } from 'chai';
import { readReal } from '../support/template-file.ts';

const STATES = 'arn:aws:states:us-east-1:000000000000';
const MACHINE = `${STATES}:stateMachine:ResizeImageStateMachine`;
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd';

describe('The roles of the deployed stack', () => {
  let roles: ReadonlyMap<string, Role>;
  before(() => {
    roles = rolesOf(readReal());
  });

  it("The roles are those of the function, of the state machines, of the rules, and of the API's two methods", () => {
    expect([...roles.keys()]).to.have.members([
      'ImageResizeFunctionRole',
      'ResizeUploadStateMachineRole',
      'ResizeUploadStateMachineImageUploadedRole',
      'ResizeUploadStateMachineImageRemovedRole',
      'ResizeImageStateMachineRole',
      'ResizeImageStateMachineProcessImageRole',
      'ProcessImageStatusRole',
    ]);
  });

  it('The role of POST may start ResizeImageStateMachine, and nothing else', () => {
    const role = roles.get('ResizeImageStateMachineProcessImageRole');
    expect(role?.trustedServices).to.deep.equal(['apigateway.amazonaws.com']);
    expect(role?.statements).to.deep.equal([
      { effect: 'Allow', actions: ['states:StartExecution'], resources: [MACHINE] },
    ]);
  });

  it('The role of the rule for uploads may start ResizeUploadStateMachine, and nothing else', () => {
    const role = roles.get('ResizeUploadStateMachineImageUploadedRole');
    expect(role?.trustedServices).to.deep.equal(['events.amazonaws.com']);
    expect(role?.statements).to.deep.equal([
      {
        effect: 'Allow',
        actions: ['states:StartExecution'],
        resources: [`${STATES}:stateMachine:ResizeUploadStateMachine`],
      },
    ]);
  });

  it('The function may write to its own log group, and to no other', () => {
    const statements = roles.get('ImageResizeFunctionRole')?.statements ?? [];
    const logs = statements.filter(({ actions }) => actions.includes('logs:PutLogEvents'));
    expect(logs.map(({ resources }) => resources)).to.deep.equal([
      ['arn:aws:logs:us-east-1:000000000000:log-group:ImageResizeFunctionLogGroup:*'],
    ]);
  });

  it('ResizeImageStateMachine may start executions of itself, as a Distributed Map does', () => {
    expect(roles.get('ResizeImageStateMachineRole')?.statements).to.deep.include({
      effect: 'Allow',
      actions: ['states:StartExecution'],
      resources: [MACHINE],
    });
  });

  for (const [parameter, value, action] of [
    ['Tracing', 'true', 'xray:PutTraceSegments'],
    ['KmsKeyArn', KEY, 'kms:Decrypt'],
  ] as const)
    it(`Roles allow ${action} where ${parameter} is ${value}, and not by default`, () => {
      const holders = (overrides: Record<string, string>) =>
        [...rolesOf(readReal(overrides)).values()]
          .filter(({ statements }) => statements.some(({ actions }) => actions.includes(action)))
          .map(({ logicalId }) => logicalId);
      expect(holders({})).to.deep.equal([]);
      expect(holders({ [parameter]: value })).to.include('ImageResizeFunctionRole');
    });

  it('An access key id that is the logical id of a role stands for that role', () => {
    const principalOf = createPrincipalOf(roles);
    expect(principalOf('ImageResizeFunctionRole')).to.deep.equal({ role: 'ImageResizeFunctionRole' });
    expect(principalOf('AKIAEXAMPLE')).to.equal('administrator');
  });
});

describe('The permissions of the deployed stack', () => {
  const authorize = createAuthorizer(rolesOf(readReal()));
  const [originals, resized] = [
    'arn:aws:s3:::local-originalimagesbucket',
    'arn:aws:s3:::local-resizedimagesbucket',
  ];
  const queue = 'arn:aws:sqs:us-east-1:000000000000:UnprocessedUploadsQueue';
  const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:ImageResizeFunction:live';

  for (const [role, action, resource] of [
    ['ImageResizeFunctionRole', 's3:GetObject', `${originals}/input/2026/cat.jpg`],
    ['ImageResizeFunctionRole', 's3:GetObject', `${resized}/runs/x/manifest.json`],
    ['ImageResizeFunctionRole', 's3:PutObject', `${resized}/output/cat.jpg/manifest.json`],
    // A manifest that is not there yet must read as 404, not 403.
    ['ImageResizeFunctionRole', 's3:ListBucket', resized],
    ['ImageResizeFunctionRole', 's3:ListBucket', originals],
    ['ResizeUploadStateMachineRole', 'lambda:InvokeFunction', lambda],
    ['ResizeUploadStateMachineRole', 'sqs:SendMessage', queue],
    ['ResizeImageStateMachineRole', 'lambda:InvokeFunction', lambda],
    ['ResizeImageStateMachineRole', 's3:ListBucket', originals],
    ['ResizeImageStateMachineRole', 's3:PutObject', `${resized}/runs/x/manifest.json`],
    [
      'ResizeImageStateMachineRole',
      'states:StartExecution',
      `${STATES}:stateMachine:ResizeImageStateMachine`,
    ],
    ['ProcessImageStatusRole', 'states:DescribeExecution', `${STATES}:execution:ResizeImageStateMachine:cat`],
  ] as const)
    it(`${role} may call ${action} on ${resource}`, () => {
      authorize({ role }, action, resource);
    });

  for (const [role, action, resource] of [
    ['ImageResizeFunctionRole', 's3:PutObject', `${originals}/input/cat.jpg`],
    ['ImageResizeFunctionRole', 's3:DeleteObject', `${originals}/input/cat.jpg`],
    ['ImageResizeFunctionRole', 's3:PutObject', `${resized}/runs/x/manifest.json`],
    // Past the alias there would be neither a gradual deployment nor a way back.
    ['ResizeUploadStateMachineRole', 'lambda:InvokeFunction', lambda.replace(':live', '')],
    [
      'ResizeUploadStateMachineRole',
      'states:StartExecution',
      `${STATES}:stateMachine:ResizeImageStateMachine`,
    ],
    ['ProcessImageStatusRole', 'states:StartExecution', `${STATES}:stateMachine:ResizeImageStateMachine`],
    ['ProcessImageStatusRole', 'states:DescribeExecution', `${STATES}:execution:Another:cat`],
  ] as const)
    it(`${role} may not call ${action} on ${resource}`, () => {
      expect(() => authorize({ role }, action, resource)).to.throw(AccessDeniedError);
    });
});

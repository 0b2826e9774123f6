import { expect } from 'chai';
import { readReal } from '../../../tests/support/template-file.ts';
import { AccessDeniedError, createAuthorizer, createPrincipalOf } from '../../iam/permissions.ts';
import { type Role, rolesOf, type Statement } from '../../iam/roles.ts';

function roleThat(...statements: Statement[]): ReadonlyMap<string, Role> {
  const arn = 'arn:aws:iam::000000000000:role/R';
  return new Map([['R', { logicalId: 'R', arn, trustedServices: [], managedPolicies: [], statements }]]);
}

const may = (action: string, resource: string, ...statements: Statement[]): boolean => {
  try {
    createAuthorizer(roleThat(...statements))({ role: 'R' }, action, resource);
    return true;
  } catch (error) {
    if (error instanceof AccessDeniedError) return false;
    throw error;
  }
};

const allow = (actions: string[], resources: string[]): Statement => ({
  effect: 'Allow',
  actions,
  resources,
});
const deny = (actions: string[], resources: string[]): Statement => ({ effect: 'Deny', actions, resources });

describe('A role', () => {
  it('may do what it is allowed, and nothing else', () => {
    const statement = allow(['s3:GetObject'], ['arn:aws:s3:::b/input/*']);
    expect(may('s3:GetObject', 'arn:aws:s3:::b/input/a/b.jpg', statement)).to.equal(true);
    expect(may('s3:PutObject', 'arn:aws:s3:::b/input/a/b.jpg', statement)).to.equal(false);
    expect(may('s3:GetObject', 'arn:aws:s3:::b/output/a.jpg', statement)).to.equal(false);
    expect(may('s3:GetObject', 'arn:aws:s3:::b/input/a.jpg')).to.equal(false);
  });

  it('may not what is denied, whatever allows it', () => {
    const statements = [allow(['*'], ['*']), deny(['s3:Delete*'], ['arn:aws:s3:::b/*'])];
    expect(may('s3:GetObject', 'arn:aws:s3:::b/a', ...statements)).to.equal(true);
    expect(may('s3:DeleteObject', 'arn:aws:s3:::b/a', ...statements)).to.equal(false);
  });

  it('has actions in any case, and resources in their own', () => {
    const statement = allow(['S3:getobject'], ['arn:aws:s3:::b/A']);
    expect(may('s3:GetObject', 'arn:aws:s3:::b/A', statement)).to.equal(true);
    expect(may('s3:GetObject', 'arn:aws:s3:::b/a', statement)).to.equal(false);
  });

  for (const [pattern, resource, matches] of [
    ['*', 'anything', true],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/', true],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b', false],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/two\nlines', true],
    ['arn:aws:s3:::b/?.jpg', 'arn:aws:s3:::b/a.jpg', true],
    ['arn:aws:s3:::b/?.jpg', 'arn:aws:s3:::b/ab.jpg', false],
    ['arn:aws:s3:::b/a.jpg', 'arn:aws:s3:::b/axjpg', false],
    ['arn:aws:s3:::b/(1)+[2]^$|', 'arn:aws:s3:::b/(1)+[2]^$|', true],
  ] as const)
    it(`matches ${JSON.stringify(resource)} by ${pattern}: ${matches}`, () => {
      expect(may('s3:GetObject', resource, allow(['s3:Get*'], [pattern]))).to.equal(matches);
    });

  it("is told by AWS's own sentence what it may not", () => {
    const authorize = createAuthorizer(roleThat());
    expect(() => authorize({ role: 'R' }, 's3:GetObject', 'arn:aws:s3:::b/a')).to.throw(
      AccessDeniedError,
      'User: arn:aws:sts::000000000000:assumed-role/R/local is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/a because no identity-based policy allows the s3:GetObject action',
    );
  });

  it('that the template does not have may do nothing', () => {
    expect(() => createAuthorizer(new Map())({ role: 'X' }, 's3:GetObject', 'arn:aws:s3:::b/a')).to.throw(
      AccessDeniedError,
    );
  });
});

describe('The administrator', () => {
  it('may do all', () => {
    createAuthorizer(new Map())('administrator', 's3:DeleteObject', 'arn:aws:s3:::b/a');
  });
});

describe('An access key id', () => {
  const principalOf = createPrincipalOf(rolesOf(readReal()));

  it('that is a role of the template stands for the role', () => {
    expect(principalOf('ImageResizeFunctionRole')).to.deep.equal({ role: 'ImageResizeFunctionRole' });
  });

  for (const id of ['AKIAEXAMPLE', '', '__proto__', undefined])
    it(`that is ${JSON.stringify(id) ?? 'missing'} stands for the administrator`, () => {
      expect(principalOf(id)).to.equal('administrator');
    });
});

describe('The permissions of the template', () => {
  const authorize = createAuthorizer(rolesOf(readReal()));
  const [originals, resized] = [
    'arn:aws:s3:::local-originalimagesbucket',
    'arn:aws:s3:::local-resizedimagesbucket',
  ];
  const states = 'arn:aws:states:us-east-1:000000000000';
  const queue = 'arn:aws:sqs:us-east-1:000000000000:UnprocessedUploadsQueue';
  const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:ImageResizeFunction:live';

  for (const [role, action, resource] of [
    ['ImageResizeFunctionRole', 's3:GetObject', `${originals}/input/2026/cat.jpg`],
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
      `${states}:stateMachine:ResizeImageStateMachine`,
    ],
    [
      'ResizeImageStateMachineRole',
      'states:DescribeMapRun',
      `${states}:mapRun:ResizeImageStateMachine/ResizeEveryImage:1`,
    ],
    ['ProcessImageStatusRole', 'states:DescribeExecution', `${states}:execution:ResizeImageStateMachine:cat`],
  ] as const)
    it(`let ${role} call ${action} on ${resource}`, () => {
      authorize({ role }, action, resource);
    });

  for (const [role, action, resource] of [
    ['ImageResizeFunctionRole', 's3:PutObject', `${originals}/input/cat.jpg`],
    ['ImageResizeFunctionRole', 's3:DeleteObject', `${originals}/input/cat.jpg`],
    ['ImageResizeFunctionRole', 's3:GetObject', `${resized}/runs/x/manifest.json`],
    // Past the alias there would be neither a gradual deployment nor a way back.
    ['ResizeUploadStateMachineRole', 'lambda:InvokeFunction', lambda.replace(':live', '')],
    [
      'ResizeUploadStateMachineRole',
      'states:StartExecution',
      `${states}:stateMachine:ResizeImageStateMachine`,
    ],
    ['ProcessImageStatusRole', 'states:StartExecution', `${states}:stateMachine:ResizeImageStateMachine`],
    ['ProcessImageStatusRole', 'states:DescribeExecution', `${states}:execution:Another:cat`],
  ] as const)
    it(`do not let ${role} call ${action} on ${resource}`, () => {
      expect(() => authorize({ role }, action, resource)).to.throw(AccessDeniedError);
    });
});

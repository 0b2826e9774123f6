import { expect } from 'chai';
import {
  AccessDeniedError,
  createAuthorizer,
  createPrincipalOf,
  type Role,
  rolesOf,
  type Statement,
} from '../../iam/index.ts';
import { readFixture } from '../support/template-file.ts';

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

describe('Permissions of a role (AWS: Policy evaluation logic)', () => {
  it('a role may call what a statement allows, and nothing else', () => {
    const statement = allow(['s3:GetObject'], ['arn:aws:s3:::b/notes/*']);
    expect(may('s3:GetObject', 'arn:aws:s3:::b/notes/a/b.md', statement)).to.equal(true);
    expect(may('s3:PutObject', 'arn:aws:s3:::b/notes/a/b.md', statement)).to.equal(false);
    expect(may('s3:GetObject', 'arn:aws:s3:::b/pages/a.md', statement)).to.equal(false);
    expect(may('s3:GetObject', 'arn:aws:s3:::b/notes/a.md')).to.equal(false);
  });

  it('a role may not call what a statement denies, even where another statement allows it', () => {
    const statements = [allow(['*'], ['*']), deny(['s3:Delete*'], ['arn:aws:s3:::b/*'])];
    expect(may('s3:GetObject', 'arn:aws:s3:::b/a', ...statements)).to.equal(true);
    expect(may('s3:DeleteObject', 'arn:aws:s3:::b/a', ...statements)).to.equal(false);
  });

  it('actions match in any case, and resources in their exact case', () => {
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
    it(`the resource ${pattern} in a statement ${matches ? 'matches' : 'does not match'} ${JSON.stringify(resource)}`, () => {
      expect(may('s3:GetObject', resource, allow(['s3:Get*'], [pattern]))).to.equal(matches);
    });

  it("a denied call gets AWS's own message", () => {
    const authorize = createAuthorizer(roleThat());
    expect(() => authorize({ role: 'R' }, 's3:GetObject', 'arn:aws:s3:::b/a')).to.throw(
      AccessDeniedError,
      'User: arn:aws:sts::000000000000:assumed-role/R/local is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/a because no identity-based policy allows the s3:GetObject action',
    );
  });

  it('a role that the template does not contain may do nothing', () => {
    expect(() => createAuthorizer(new Map())({ role: 'X' }, 's3:GetObject', 'arn:aws:s3:::b/a')).to.throw(
      AccessDeniedError,
    );
  });
});

describe('The administrator', () => {
  it('the administrator may do everything', () => {
    createAuthorizer(new Map())('administrator', 's3:DeleteObject', 'arn:aws:s3:::b/a');
  });
});

describe('Access key ids', () => {
  const principalOf = createPrincipalOf(rolesOf(readFixture()));

  it('an access key id that equals the logical id of a role stands for that role', () => {
    expect(principalOf('RenderNoteFunctionRole')).to.deep.equal({ role: 'RenderNoteFunctionRole' });
  });

  for (const id of ['AKIAEXAMPLE', '', '__proto__', undefined])
    it(`an access key id that is ${JSON.stringify(id) ?? 'missing'} stands for the administrator`, () => {
      expect(principalOf(id)).to.equal('administrator');
    });
});

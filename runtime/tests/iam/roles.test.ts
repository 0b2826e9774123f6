// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's, ASL's and Velocity's placeholders look like JavaScript's.

import { expect } from 'chai';
import { rolesOf } from '../../iam/index.ts';
import { TemplateError } from '../../template/index.ts';
import { expectRefusal, read, readFixture } from '../support/template-file.ts';

const MACHINES = 'arn:aws:states:us-east-1:000000000000:stateMachine';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd';
const FUNCTION = `Resources:
  F:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild }
    Properties:
      CodeUri: .`;
/** What makes the role R matter: a function that runs here assumes it. */
const USER = `  F:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild }
    Properties: { Role: !GetAtt R.Arn }`;

describe('The roles of a template', () => {
  const roles = rolesOf(readFixture());

  it('a template has the roles that it defines, and those that SAM makes for functions, state machines and their events', () => {
    expect([...roles.keys()]).to.have.members([
      'RenderNoteFunctionRole',
      'NoteSavedStateMachineRole',
      'NoteSavedStateMachineNoteSavedRole',
      'NoteSavedStateMachineNoteRemovedRole',
      'RenderNotesStateMachineRole',
      'RenderNotesStateMachineRenderRole',
      'NotesApiStatusRole',
    ]);
    const generated = rolesOf(
      read(`${FUNCTION}\n  M: { Type: AWS::Serverless::StateMachine, Properties: {} }`),
    );
    expect([...generated.keys()]).to.deep.equal(['FRole', 'MRole']);
  });

  it('the role of an Api event may start its state machine, and nothing else', () => {
    const role = roles.get('RenderNotesStateMachineRenderRole');
    expect(role?.trustedServices).to.deep.equal(['apigateway.amazonaws.com']);
    expect(role?.statements).to.deep.equal([
      {
        effect: 'Allow',
        actions: ['states:StartExecution'],
        resources: [`${MACHINES}:RenderNotesStateMachine`],
      },
    ]);
  });

  it('the role of a rule may start its state machine, and nothing else', () => {
    const role = roles.get('NoteSavedStateMachineNoteSavedRole');
    expect(role?.trustedServices).to.deep.equal(['events.amazonaws.com']);
    expect(role?.statements).to.deep.equal([
      {
        effect: 'Allow',
        actions: ['states:StartExecution'],
        resources: [`${MACHINES}:NoteSavedStateMachine`],
      },
    ]);
  });

  it('a role has the statements of its policies, with references resolved', () => {
    expect(roles.get('RenderNoteFunctionRole')?.statements).to.deep.include({
      effect: 'Allow',
      actions: ['s3:GetObject'],
      resources: ['arn:aws:s3:::local-notesbucket/notes/*'],
    });
  });

  it('the role that SAM makes for a function may do what AWSLambdaBasicExecutionRole allows', () => {
    const role = rolesOf(read(FUNCTION)).get('FRole');
    expect(role?.managedPolicies).to.deep.equal(['AWSLambdaBasicExecutionRole']);
    expect(role?.statements[0]?.actions).to.include('logs:PutLogEvents');
  });

  it('a role has the statements of an AWS::IAM::Policy that names it', () => {
    expect(roles.get('RenderNotesStateMachineRole')?.statements).to.deep.include({
      effect: 'Allow',
      actions: ['states:StartExecution'],
      resources: [`${MACHINES}:RenderNotesStateMachine`],
    });
  });

  for (const [parameter, value, action] of [
    ['Tracing', 'true', 'xray:PutTraceSegments'],
    ['KmsKeyArn', KEY, 'kms:Decrypt'],
  ] as const)
    it(`roles allow ${action} where ${parameter} is ${value}, and not by default`, () => {
      const holders = (overrides: Record<string, string>) =>
        [...rolesOf(readFixture(overrides)).values()]
          .filter(({ statements }) => statements.some(({ actions }) => actions.includes(action)))
          .map(({ logicalId }) => logicalId);
      expect(holders({})).to.deep.equal([]);
      expect(holders({ [parameter]: value })).to.include('RenderNoteFunctionRole');
    });

  it('Tracing is refused beside a role that SAM makes', () => {
    expect(() => rolesOf(read(`${FUNCTION}\n      Tracing: Active`))).to.throw(
      TemplateError,
      /expected a Role beside Tracing, .* found none/,
    );
  });

  const roleWith = (statement: string) =>
    read(`
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }
      Policies:
        - PolicyName: P
          PolicyDocument:
            Statement:
              ${statement}
${USER}`);

  for (const [statement, found] of [
    ['{ Effect: Allow, NotAction: s3:GetObject, Resource: "*" }', 'NotAction'],
    ['{ Effect: Allow, Action: s3:GetObject, NotResource: "*" }', 'NotResource'],
    ['{ Effect: Allow, Action: s3:*, Resource: "*", Condition: {} }', 'Condition'],
    ['{ Effect: Allow, Action: s3, Resource: "*" }', '"s3"'],
    ['{ Effect: Allow, Action: s3:GetObject, Resource: some-bucket }', '"some-bucket"'],
    ['{ Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::x/${aws:username}/*" }', '"arn:aws'],
    ['{ Effect: Perhaps, Action: s3:GetObject, Resource: "*" }', '"Perhaps"'],
  ] as const)
    it(`a policy with ${found} is refused by file and line`, () => {
      expect(() => rolesOf(roleWith(statement)))
        .to.throw(TemplateError, /^template\.yaml:12: expected /)
        .with.property('message')
        .that.includes(`found ${found}`);
    });

  it('a role whose trust policy allows another action, or whose managed policy is no ARN, is refused', () => {
    const roleFor = (action: string, managed: string) =>
      rolesOf(
        read(`Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [${managed}]
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Action: ${action}, Principal: { Service: lambda.amazonaws.com } }
${USER}`),
      );
    const arn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    expect([...roleFor('sts:AssumeRole', arn).keys()]).to.deep.equal(['R']);
    expect(() => roleFor('sts:TagSession', arn)).to.throw('expected sts:AssumeRole among the actions');
    for (const other of ['AWSLambdaBasicExecutionRole', arn.replace('service-role/', '')])
      expect(() => roleFor('sts:AssumeRole', other)).to.throw("expected a managed policy's ARN");
  });

  it('a role is refused where a service uses it that may not assume it', () => {
    const role = `Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: states.amazonaws.com } }
  F:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild }
    Properties:
      Role: !GetAtt R.Arn`;
    expect(() => rolesOf(read(role))).to.throw(
      TemplateError,
      /^template\.yaml:\d+: expected a role that lambda\.amazonaws\.com may assume .* found R$/,
    );
  });

  it('an AWS::IAM::Policy is refused where it names a role that does not exist', () => {
    expectRefusal(
      rolesOf,
      '      Roles: [!Ref RenderNotesStateMachineRole]',
      '      Roles: [Nobody]',
      /expected a role of this template .* found "Nobody"/,
    );
  });

  it('a SAM policy template is refused', () => {
    expect(() => rolesOf(read(`${FUNCTION}\n      Policies: [S3ReadPolicy: { BucketName: b }]`))).to.throw(
      TemplateError,
      /found S3ReadPolicy/,
    );
  });
});

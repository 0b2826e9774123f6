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

  for (const [statement, found, message] of [
    [
      '{ Effect: Allow, NotAction: s3:GetObject, Resource: "*" }',
      'NotAction',
      'NotAction is not supported here for ',
    ],
    [
      '{ Effect: Allow, Action: s3:GetObject, NotResource: "*" }',
      'NotResource',
      'NotResource is not supported here for ',
    ],
    [
      '{ Effect: Allow, Action: s3:*, Resource: "*", Condition: {} }',
      'Condition',
      'Condition is not supported here for ',
    ],
    ['{ Effect: Allow, Action: s3, Resource: "*" }', '"s3"', 'found "s3"'],
    [
      '{ Effect: Allow, Action: s3:GetObject, Resource: some-bucket }',
      '"some-bucket"',
      'found "some-bucket"',
    ],
    [
      '{ Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::x/${aws:username}/*" }',
      '"arn:aws',
      'found "arn:aws',
    ],
    ['{ Effect: Perhaps, Action: s3:GetObject, Resource: "*" }', '"Perhaps"', 'found "Perhaps"'],
  ] as const)
    it(`a policy with ${found} is refused by file and line`, () => {
      expect(() => rolesOf(roleWith(statement)))
        .to.throw(TemplateError, /^template\.yaml:12: /)
        .with.property('message')
        .that.includes(message);
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

  const roleTrusting = (service: string, condition: string) =>
    read(`Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          Effect: Allow
          Action: sts:AssumeRole
          Principal: { Service: ${service} }
          Condition: ${condition}
${USER}`);

  for (const condition of [
    '{ StringEquals: { aws:SourceAccount: !Ref AWS::AccountId } }',
    '{ StringEquals: { aws:SourceAccount: ["111122223333", "000000000000"] } }',
    '{ StringLike: { aws:SourceAccount: "0000*" } }',
    '{ ArnLike: { aws:SourceArn: !Sub "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*" } }',
    '{ ArnLike: { aws:SourceArn: "arn:aws:lambda:*:000000000000:*" }, StringEquals: { aws:SourceAccount: "000000000000" } }',
  ])
    it(`a service may assume a role for the local account with the condition ${condition}`, () => {
      const role = rolesOf(roleTrusting('lambda.amazonaws.com', condition)).get('R');
      expect(role?.trustedServices).to.deep.equal(['lambda.amazonaws.com']);
    });

  for (const condition of [
    '{ StringEquals: { aws:SourceAccount: "111122223333" } }',
    '{ StringEquals: { aws:SourceAccount: "0000*" } }',
    '{ StringLike: { aws:SourceAccount: "1111*" } }',
    '{ ArnLike: { aws:SourceArn: "arn:aws:lambda:us-east-1:111122223333:function:*" } }',
    '{ ArnLike: { aws:SourceArn: "arn:aws:lambda:eu-west-1:000000000000:*" } }',
    '{ ArnLike: { aws:SourceArn: "arn:aws:states:us-east-1:000000000000:*" } }',
    '{ ArnLike: { aws:SourceArn: "arn:aws:lambda:us-east-1:000000000000:*" }, StringEquals: { aws:SourceAccount: "111122223333" } }',
  ])
    it(`a role is refused where its service may not assume it for the local account, with the condition ${condition}`, () => {
      expect(() => rolesOf(roleTrusting('lambda.amazonaws.com', condition))).to.throw(
        TemplateError,
        /^template\.yaml:14: expected a role that lambda\.amazonaws\.com may assume .* found R$/,
      );
    });

  for (const [condition, message] of [
    ['{ StringEquals: { aws:PrincipalOrgID: o-1 } }', 'aws:PrincipalOrgID is not supported here'],
    ['{ StringEquals: { aws:SourceArn: "arn:aws:lambda:*:*:*" } }', 'aws:SourceArn is not supported here'],
    ['{ StringNotEquals: { aws:SourceAccount: "1" } }', 'StringNotEquals is not supported here'],
    ['{ StringEquals: {} }', 'found nothing'],
    [
      '{ ArnLike: { aws:SourceArn: "arn:aws:lambda:us-east-1:000000000000:function:F" } }',
      'expected an ARN that ends in :* or :function:*',
    ],
    // What follows is refused even if an earlier condition does not hold.
    [
      '{ StringEquals: { aws:SourceAccount: "111122223333" }, StringLike: { s3:prefix: a } }',
      's3:prefix is not supported here',
    ],
  ] as const)
    it(`a trust policy with the condition ${condition} is refused by file and line`, () => {
      expect(() => rolesOf(roleTrusting('lambda.amazonaws.com', condition)))
        .to.throw(TemplateError, /^template\.yaml:10: /)
        .with.property('message')
        .that.includes(message);
    });

  it('a condition in the trust policy of a role for API Gateway is refused, because API Gateway sends neither key', () => {
    expect(() =>
      rolesOf(
        roleTrusting('apigateway.amazonaws.com', '{ StringEquals: { aws:SourceAccount: "000000000000" } }'),
      ),
    ).to.throw(TemplateError, /^template\.yaml:10: expected no Condition for apigateway\.amazonaws\.com/);
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

  const POLICY = "PolicyDocument: { Statement: { Effect: Allow, Action: s3:PutObject, Resource: '*' } }";

  for (const [type, roles] of [
    ['AWS::IAM::RolePolicy', 'RoleName: !Ref FRole'],
    ['AWS::IAM::ManagedPolicy', 'Roles: [!Ref FRole]'],
    ['AWS::IAM::Policy', 'Roles: [!Ref FRole], Users: [somebody]'],
  ] as const)
    it(`a role has the statements of an ${type} that names it`, () => {
      const text = `${FUNCTION}\n  P: { Type: ${type}, Properties: { ${roles}, PolicyName: p, ${POLICY} } }`;
      expect(rolesOf(read(text)).get('FRole')?.statements).to.deep.include({
        effect: 'Allow',
        actions: ['s3:PutObject'],
        resources: ['*'],
      });
      expect(() => rolesOf(read(text.replace('Action:', 'NotAction:')))).to.throw(
        TemplateError,
        /^template\.yaml:7: NotAction is not supported here for Resources\.P\.Properties\.PolicyDocument\.Statement; /,
      );
    });

  it('a policy of users or groups is left out, whatever it contains', () => {
    for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']) {
      const template = read(
        `${FUNCTION}\n  P: { Type: ${type}, Properties: { Users: [a], Groups: [b], PolicyDocument: !ImportValue c } }`,
      );
      expect(template.leftOut).to.deep.equal([{ logicalId: 'P', type }]);
      expect([...rolesOf(template).keys()]).to.deep.equal(['FRole']);
    }
  });

  for (const [what, ends] of [
    ['the source', 'Source: { Id: F }, Destination: { Id: Table }'],
    ['a destination', 'Source: { Id: Table }, Destination: [{ Id: Other }, { Id: F }]'],
    ['an ARN of the source', 'Source: { Arn: !GetAtt F.Arn }, Destination: { Id: Table }'],
  ] as const)
    it(`a connector is refused by file and line if a function that runs is ${what}`, () => {
      const text = `${FUNCTION}
  Table: { Type: AWS::DynamoDB::Table }
  Other: { Type: AWS::DynamoDB::Table }
  C:
    Type: AWS::Serverless::Connector
    Properties: { ${ends}, Permissions: [Write] }`;
      expect(() => rolesOf(read(text))).to.throw(
        TemplateError,
        /^template\.yaml:11: expected no AWS::Serverless::Connector of a resource that runs, .* found F$/,
      );
      const without = read(text.replace('BuildMethod: esbuild', 'BuildMethod: rust'));
      expect(without.leftOut.map(({ logicalId }) => logicalId)).to.deep.equal(['F', 'Table', 'Other', 'C']);
      expect(rolesOf(without).size).to.equal(0);
    });

  it('a SAM policy template is refused', () => {
    expect(() => rolesOf(read(`${FUNCTION}\n      Policies: [S3ReadPolicy: { BucketName: b }]`))).to.throw(
      TemplateError,
      /: S3ReadPolicy is not supported here for /,
    );
  });
});

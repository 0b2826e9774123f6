// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's, ASL's and Velocity's placeholders look like JavaScript's.

import { expect } from 'chai';
import { read, readReal } from '../../../tests/support/template-file.ts';
import { rolesOf } from '../../iam/roles.ts';
import { TemplateError } from '../../template/template.ts';

const EXECUTE = 'arn:aws:states:us-east-1:000000000000';
const MACHINE = `${EXECUTE}:stateMachine:ResizeImageStateMachine`;
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd';
const FUNCTION = 'Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: .';

describe('The roles of the deployed stack', () => {
  const roles = rolesOf(readReal());

  it("are those of the function, the machines, the rules, and the API's two methods", () => {
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

  it("let the API's POST start the one machine, and nothing else", () => {
    const role = roles.get('ResizeImageStateMachineProcessImageRole');
    expect(role?.trustedServices).to.deep.equal(['apigateway.amazonaws.com']);
    expect(role?.statements).to.deep.equal([
      { effect: 'Allow', actions: ['states:StartExecution'], resources: [MACHINE] },
    ]);
  });

  it('let the rule start the other machine, and nothing else', () => {
    const role = roles.get('ResizeUploadStateMachineImageUploadedRole');
    expect(role?.trustedServices).to.deep.equal(['events.amazonaws.com']);
    expect(role?.statements).to.deep.equal([
      {
        effect: 'Allow',
        actions: ['states:StartExecution'],
        resources: [`${EXECUTE}:stateMachine:ResizeUploadStateMachine`],
      },
    ]);
  });

  it('let the function write to its own log group, and to no other', () => {
    const statements = roles.get('ImageResizeFunctionRole')?.statements ?? [];
    const logs = statements.filter(({ actions }) => actions.includes('logs:PutLogEvents'));
    expect(logs.map(({ resources }) => resources)).to.deep.equal([
      ['arn:aws:logs:us-east-1:000000000000:log-group:ImageResizeFunctionLogGroup:*'],
    ]);
  });

  it("let the function of a template without roles do what SAM's managed policy says", () => {
    const role = rolesOf(read(FUNCTION)).get('FRole');
    expect(role?.managedPolicies).to.deep.equal(['AWSLambdaBasicExecutionRole']);
    expect(role?.statements[0]?.actions).to.include('logs:PutLogEvents');
  });

  it('take in a policy that stands by itself', () => {
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
    it(`may ${action} where ${parameter} is ${value}, and not by default`, () => {
      const holders = (overrides: Record<string, string>) =>
        [...rolesOf(readReal(overrides)).values()]
          .filter(({ statements }) => statements.some(({ actions }) => actions.includes(action)))
          .map(({ logicalId }) => logicalId);
      expect(holders({})).to.deep.equal([]);
      expect(holders({ [parameter]: value })).to.include('ImageResizeFunctionRole');
    });

  it('are refused with Tracing beside a role that SAM makes', () => {
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
              ${statement}`);

  for (const [statement, found] of [
    ['{ Effect: Allow, NotAction: s3:GetObject, Resource: "*" }', 'NotAction'],
    ['{ Effect: Allow, Action: s3:GetObject, NotResource: "*" }', 'NotResource'],
    ['{ Effect: Allow, Action: s3:*, Resource: "*", Condition: {} }', 'Condition'],
    ['{ Effect: Allow, Action: s3, Resource: "*" }', '"s3"'],
    ['{ Effect: Allow, Action: s3:GetObject, Resource: some-bucket }', '"some-bucket"'],
    ['{ Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::x/${aws:username}/*" }', '"arn:aws'],
    ['{ Effect: Perhaps, Action: s3:GetObject, Resource: "*" }', '"Perhaps"'],
  ] as const)
    it(`are refused by line and name with ${found} in a policy`, () => {
      expect(() => rolesOf(roleWith(statement)))
        .to.throw(TemplateError, /^template\.yaml:12: expected /)
        .with.property('message')
        .that.includes(`found ${found}`);
    });

  it('are refused where a trust policy allows another action, or a managed policy has no ARN', () => {
    const roleFor = (action: string, managed: string) =>
      rolesOf(
        read(`Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [${managed}]
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Action: ${action}, Principal: { Service: lambda.amazonaws.com } }`),
      );
    const arn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    expect([...roleFor('sts:AssumeRole', arn).keys()]).to.deep.equal(['R']);
    expect(() => roleFor('sts:TagSession', arn)).to.throw('expected sts:AssumeRole among the actions');
    for (const other of ['AWSLambdaBasicExecutionRole', arn.replace('service-role/', '')])
      expect(() => roleFor('sts:AssumeRole', other)).to.throw("expected a managed policy's ARN");
  });

  it('are refused where the service that uses one may not assume it', () => {
    const role = `Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: states.amazonaws.com } }
  F:
    Type: AWS::Serverless::Function
    Properties:
      Role: !GetAtt R.Arn`;
    expect(() => rolesOf(read(role))).to.throw(
      TemplateError,
      /^template\.yaml:\d+: expected a role that lambda\.amazonaws\.com may assume .* found R$/,
    );
  });

  it('are refused with a SAM policy template', () => {
    expect(() => rolesOf(read(`${FUNCTION}\n      Policies: [S3ReadPolicy: { BucketName: b }]`))).to.throw(
      TemplateError,
      /found S3ReadPolicy/,
    );
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's, ASL's and Velocity's placeholders look like JavaScript's.

import { expect } from 'chai';
import { rolesOf } from '../../local/roles.ts';
import { readTemplate, TemplateError } from '../../local/template.ts';
import { changedReal, queueUrl, read, readReal } from './template-file.ts';

const EXECUTE = 'arn:aws:states:us-east-1:000000000000';
const MACHINE = `${EXECUTE}:stateMachine:ResizeImageStateMachine`;

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

  it('give the function its logs beside its own statements', () => {
    const statements = roles.get('ImageResizeFunctionRole')?.statements ?? [];
    expect(statements[0]?.actions).to.include('logs:PutLogEvents');
    expect(statements.slice(1).flatMap(({ actions }) => actions)).to.include('s3:PutObject');
  });

  it('take in a policy that stands by itself', () => {
    expect(roles.get('ResizeImageStateMachineRole')?.statements).to.deep.include({
      effect: 'Allow',
      actions: ['states:StartExecution'],
      resources: [MACHINE],
    });
  });

  it('may send traces where tracing is on', () => {
    const file = changedReal('      CodeUri: .', '      CodeUri: .\n      Tracing: Active');
    const traced = rolesOf(readTemplate({ file, parameterOverrides: {}, queueUrl }));
    expect(traced.get('ImageResizeFunctionRole')?.managedPolicies).to.deep.equal([
      'AWSLambdaBasicExecutionRole',
      'AWSXrayWriteOnlyAccess',
    ]);
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

  it('are refused with a SAM policy template', () => {
    const file = changedReal(
      '      Policies:\n        - Version',
      '      Policies:\n        - S3ReadPolicy: { BucketName: b }\n        - Version',
    );
    expect(() => rolesOf(readTemplate({ file, parameterOverrides: {}, queueUrl }))).to.throw(
      TemplateError,
      /found S3ReadPolicy/,
    );
  });
});

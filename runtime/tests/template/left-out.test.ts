import { expect } from 'chai';
import { apisOf } from '../../api-gateway/index.ts';
import { rulesOf } from '../../event-bridge/index.ts';
import { rolesOf } from '../../iam/index.ts';
import { functionsOf } from '../../lambda/index.ts';
import { bucketsOf } from '../../s3/index.ts';
import { queuesOf } from '../../sqs/index.ts';
import { loadMachines, stateMachinesOf } from '../../states/index.ts';
import { type Template, TemplateError } from '../../template/index.ts';
import { FOREIGN_LEFT_OUT, foreignResources } from '../support/foreign-resources.ts';
import { fixtureWith, read, readFixture, readTemplateAt } from '../support/template-file.ts';

describe('A template with resources that the runtime does not run', () => {
  const variables = {
    TABLE: '!Ref Table',
    TABLE_ARN: '!GetAtt Table.Arn',
    TABLE_STREAM: '!GetAtt [Table, StreamArn]',
    PAGES_DOMAIN: '!GetAtt LoadBalancer.DNSName',
    COUNT_WORDS: '!GetAtt CountWordsFunction.Arn',
    SEARCH: '!GetAtt SearchApplication.Outputs.Endpoint',
  };
  let template: Template;
  before(() => {
    const lines = Object.entries(variables).map(([name, value]) => `          ${name}: ${value}\n`);
    template = readTemplateAt(
      fixtureWith({
        "          MALLOC_ARENA_MAX: '1'\n": lines.join(''),
        '\n  AlarmTopic:\n': `${foreignResources('PagesBucket')}\n  AlarmTopic:\n`,
        'Outputs:\n': 'Outputs:\n  PagesDomain: { Value: !GetAtt LoadBalancer.DNSName }\n',
      }),
    );
  });

  it('leftOut names every resource that the runtime does not run', () => {
    const before = readFixture();
    expect(before.leftOut.map(({ type }) => type)).to.include('AWS::CloudWatch::Dashboard');
    expect(template.leftOut).to.have.deep.members([...before.leftOut, ...FOREIGN_LEFT_OUT]);
  });

  it('leftOut names an API key only where a condition creates it', () => {
    const types = (template: Template) => template.leftOut.map(({ type }) => type);
    expect(types(readFixture())).not.to.include('AWS::ApiGateway::ApiKey');
    expect(types(readFixture({ ApiAuth: 'API_KEY' }))).to.include('AWS::ApiGateway::ApiKey');
  });

  it('every service reads the template as before, without the resources that are left out', () => {
    const before = readFixture();
    for (const reader of [bucketsOf, queuesOf, rulesOf, apisOf] as const)
      expect(reader(template).map(({ logicalId }) => logicalId)).to.deep.equal(
        reader(before).map(({ logicalId }) => logicalId),
      );
    expect(functionsOf(template).map(({ logicalId }) => logicalId)).to.deep.equal(['RenderNoteFunction']);
    expect([...rolesOf(template).keys()]).to.deep.equal([...rolesOf(before).keys()]);
    expect([...loadMachines(stateMachinesOf(template)).keys()]).to.deep.equal(
      stateMachinesOf(before).map(({ arn }) => arn),
    );
  });

  it('a reference from a resource that runs or from an output gets a plausible value', () => {
    const made = functionsOf(template)[0]?.environment;
    expect(made).to.include({
      TABLE: 'Table',
      TABLE_ARN: 'arn:aws:dynamodb:us-east-1:000000000000:Table',
      TABLE_STREAM: 'arn:aws:dynamodb:us-east-1:000000000000:Table',
      COUNT_WORDS: 'arn:aws:lambda:us-east-1:000000000000:function:CountWordsFunction',
    });
    expect(made?.PAGES_DOMAIN).to.match(/^[a-z0-9.-]+$/);
    expect(made?.SEARCH).to.match(/^[a-z0-9.-]+$/);
    expect(template.outputs.PagesDomain).to.equal(made?.PAGES_DOMAIN);
  });

  it('madeUpValues names each made-up value with the resource or output that uses it', () => {
    expect(template.madeUpValues).to.have.deep.members([
      { reference: 'CountWordsFunction.Arn', usedBy: 'RenderNoteFunction' },
      { reference: 'Table', usedBy: 'RenderNoteFunction' },
      { reference: 'Table.Arn', usedBy: 'RenderNoteFunction' },
      { reference: 'Table.StreamArn', usedBy: 'RenderNoteFunction' },
      { reference: 'LoadBalancer.DNSName', usedBy: 'RenderNoteFunction' },
      { reference: 'SearchApplication.Outputs.Endpoint', usedBy: 'RenderNoteFunction' },
      { reference: 'LoadBalancer.DNSName', usedBy: 'PagesDomain' },
    ]);
  });

  it('madeUpValues names no reference between two resources that are left out', () => {
    expect(
      readTemplateAt(
        fixtureWith({ '\n  AlarmTopic:\n': `${foreignResources('PagesBucket')}\n  AlarmTopic:\n` }),
      ).madeUpValues,
    ).to.deep.equal([]);
    // The usage plan's key refers to the usage plan.
    expect(readFixture({ ApiAuth: 'API_KEY' }).madeUpValues).to.deep.equal([]);
  });

  it('an attribute of a function that is left out gets a plausible value', () => {
    const text = `Resources:
  Report: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.13 } }
  Machine: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionSubstitutions: { Url: !GetAtt Report.FunctionUrl } } }`;
    expect(read(text).madeUpValues).to.deep.equal([{ reference: 'Report.FunctionUrl', usedBy: 'Machine' }]);
  });

  const OTHERS = `Resources:
  Report: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.13, AutoPublishAlias: live } }
  Raw: { Type: AWS::Lambda::Function }
  RawMachine: { Type: AWS::StepFunctions::StateMachine }
  Topic: { Type: AWS::SNS::Topic }
  Logs: { Type: AWS::Logs::LogGroup }
  Alarm: { Type: AWS::CloudWatch::Alarm }
`;
  const REFERENCES = ['Report', 'Report.Alias', 'Raw', 'RawMachine', 'Logs', 'Alarm'];

  it('a reference from what runs to what is left out is named, also where the value has its usual form', () => {
    const variables = REFERENCES.map((name, index) => `V${index}: !Ref ${name}`).join(', ');
    const text = `${OTHERS}
  F:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild }
    Properties: { Environment: { Variables: { ${variables}, ARN: !GetAtt Raw.Arn } } }`;
    expect(read(text).madeUpValues).to.deep.equal(
      [...REFERENCES, 'Raw.Arn'].map((reference) => ({ reference, usedBy: 'F' })),
    );
  });

  it('a reference to what is left out is not named where it has no effect, as in logs, tags, alarms and policies', () => {
    const text = `${OTHERS}
  F:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, Tags: !Ref Logs }
    Properties:
      LoggingConfig: { LogGroup: !Ref Logs }
      DeploymentPreference: { Alarms: [!Ref Alarm] }
      Tags: { topic: !Ref Topic }
      Policies: [{ Statement: { Effect: Allow, Action: sns:Publish, Resource: !Ref Topic } }]
  M:
    Type: AWS::Serverless::StateMachine
    Properties: { Logging: { Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: !GetAtt Logs.Arn } }] } }
  A:
    Type: AWS::Serverless::Api
    Properties: { AccessLogSetting: { DestinationArn: !GetAtt Logs.Arn } }
  R:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{ PolicyDocument: { Statement: { Effect: Allow, Action: logs:*, Resource: !GetAtt Logs.Arn } } }]`;
    expect(read(text).madeUpValues).to.deep.equal([]);
  });

  it('an output that refers to what is left out is named if a service here would run such a resource', () => {
    const outputs = REFERENCES.map((name) => `  ${name.replace('.', '')}: { Value: !Ref ${name} }\n`).join(
      '',
    );
    expect(read(`${OTHERS}Outputs:\n${outputs}`).madeUpValues).to.deep.equal([
      { reference: 'Report', usedBy: 'Report' },
      { reference: 'Report.Alias', usedBy: 'ReportAlias' },
    ]);
  });

  it('a role that nothing here assumes may hold what is not carried out, and so may a policy of such roles', () => {
    const text = `Resources:
  Report: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.13 } }
  SchedulerRole:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonSNSFullAccess]
      AssumeRolePolicyDocument:
        Statement:
          Effect: Allow
          Action: sts:AssumeRole
          Principal: { Service: scheduler.amazonaws.com }
          Condition: { StringEquals: { 'aws:SourceAccount': !Ref AWS::AccountId } }
  ReportPolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: tables
      Roles: [!Ref ReportRole, !Ref SchedulerRole]
      PolicyDocument: { Statement: [{ Effect: Allow, NotAction: dynamodb:Scan, Resource: '*' }] }`;
    expect([...rolesOf(read(text)).keys()]).to.deep.equal([]);
  });

  it('a bucket policy may let in a service that calls without a role', () => {
    const policyFor = (principal: string) =>
      bucketsOf(
        read(`Resources:
  Pages: { Type: AWS::S3::Bucket }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Pages
      PolicyDocument:
        Statement: [{ Effect: Allow, Principal: ${principal}, Action: s3:GetObject, Resource: !Sub '\${Pages.Arn}/*' }]`),
      );
    expect(policyFor('{ Service: cloudfront.amazonaws.com }')).to.have.length(1);
    for (const principal of [
      "'*'",
      '{ AWS: arn:aws:iam::000000000000:root }',
      '{ Service: lambda.amazonaws.com }',
    ])
      expect(() => policyFor(principal)).to.throw(TemplateError, /^template\.yaml:\d+: .*Service/);
  });

  it('a resource that runs may depend on one that is left out', () => {
    const text =
      'Resources:\n  Bucket: { Type: AWS::S3::Bucket, DependsOn: Table }\n  Table: { Type: AWS::DynamoDB::Table }';
    expect(bucketsOf(read(text))).to.have.length(1);
  });

  it('a function that is no esbuild build is left out, whatever its runtime is', () => {
    const rust = readTemplateAt(fixtureWith({ 'BuildMethod: esbuild': 'BuildMethod: rust' }));
    expect(functionsOf(rust)).to.deep.equal([]);
    expect(rust.leftOut).to.deep.include({
      logicalId: 'RenderNoteFunction',
      type: 'AWS::Serverless::Function',
    });
  });

  it('an unknown property of a resource that runs is still refused by file and line', () => {
    const changed = readTemplateAt(
      fixtureWith({
        '      Timeout: 60\n': '      Timeout: 60\n      EphemeralStorage: { Size: 1024 }\n',
        '\n  AlarmTopic:\n': `${foreignResources('PagesBucket')}\n  AlarmTopic:\n`,
      }),
    );
    expect(() => functionsOf(changed)).to.throw(
      TemplateError,
      /^template\.yaml:\d+: EphemeralStorage is not supported here for Resources\.RenderNoteFunction\.Properties; supported are /,
    );
  });
});

describe('A condition that cannot be evaluated here', () => {
  const text = (type: string) => `Conditions:
  IsLarge: !Equals ['{{resolve:ssm:/size}}', large]
Resources:
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { Threshold: !If [IsLarge, 1, 2] } }
  Other: { Type: ${type}, Properties: { Value: !If [IsLarge, 1, 2] } }`;

  it('a condition that cannot be evaluated is accepted if only left-out resources use it', () => {
    expect(read(text('AWS::SNS::Topic')).leftOut).to.have.length(2);
  });

  it('a condition that cannot be evaluated is refused by file and line if a resource that runs uses it too', () => {
    expect(() => read(text('AWS::S3::Bucket'))).to.throw(
      TemplateError,
      /^template\.yaml:2: expected a value, .* found \{\{resolve:ssm:\/size\}\}$/,
    );
  });
});

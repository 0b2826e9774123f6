// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { apisOf } from '../../api-gateway/index.ts';
import { rulesOf } from '../../event-bridge/index.ts';
import { rolesOf } from '../../iam/index.ts';
import { functionsOf } from '../../lambda/index.ts';
import { bucketsOf } from '../../s3/index.ts';
import { queuesOf } from '../../sqs/index.ts';
import { loadMachines, stateMachinesOf } from '../../states/index.ts';
import type { Template } from '../../template/index.ts';
import { fixtureWith, lineOf, readFixture, readRunnableAt, writeTemplate } from '../support/template-file.ts';

const FUNCTION = (properties: string, build = '{ EntryPoints: [other.ts] }') => `
  Other:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: ${build} }
    Properties: { CodeUri: ., Handler: other.handler, Runtime: nodejs24.x, ${properties} }
`;
const MACHINE = (properties: string) => `
  Other:
    Type: AWS::Serverless::StateMachine
    Properties: { ${properties} }
`;
const QUEUE = (properties: string) => `
  Other: { Type: AWS::SQS::Queue, Properties: { ${properties} } }
`;
const BUCKET = (properties: string) => `
  Other: { Type: AWS::S3::Bucket, Properties: { ${properties} } }
`;
const WEBSITE = BUCKET('WebsiteConfiguration: { IndexDocument: index.html }');
const PUBLIC_POLICY = `
  OtherPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Other
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: '*', Action: s3:GetObject, Resource: '*' }] }
`;
const FIFO = QUEUE('FifoQueue: true');

/** The fixture's path after resources were added and texts were changed. */
function fixtureAnd(resources: string, changes: Readonly<Record<string, string>> = {}): string {
  const file = fixtureWith({ '\n  AlarmTopic:\n': `${resources}\n  AlarmTopic:\n`, ...changes });
  writeFileSync(join(dirname(file), 'state-machines/sync.asl.json'), SYNC);
  return file;
}

const SYNC = JSON.stringify({
  StartAt: 'Wait',
  States: { Wait: { Type: 'Task', Resource: 'arn:aws:states:::states:startExecution.sync', End: true } },
});

/** What the services find in a template. */
function servedBy(template: Template) {
  return {
    buckets: bucketsOf(template).map(({ logicalId }) => logicalId),
    queues: queuesOf(template).map(({ logicalId }) => logicalId),
    functions: functionsOf(template).map(({ logicalId }) => logicalId),
    machines: [...loadMachines(stateMachinesOf(template)).keys()],
    rules: rulesOf(template).map(({ logicalId }) => logicalId),
    apis: apisOf(template).map(({ logicalId }) => logicalId),
    roles: [...rolesOf(template).keys()],
  };
}

const servedFrom = (file: string) => servedBy(readRunnableAt(file));

describe('A resource that is not supported as it is written', () => {
  const before = servedBy(readFixture());

  for (const [what, resources, reason] of [
    ['a function with a property', FUNCTION('VpcConfig: {}'), /: VpcConfig is not supported here for /],
    ['a function with Events', FUNCTION('Events: {}'), /: Events is not supported here for /],
    ['a function with another runtime', FUNCTION('').replace('24', '22'), /one of nodejs24\.x .*nodejs22\.x/],
    ['a function that is an ES module', FUNCTION('', '{ EntryPoints: [a.ts], Format: esm }'), /found "esm"$/],
    [
      'a function with a SAM policy template',
      FUNCTION('Policies: [DynamoDBCrudPolicy: { TableName: t }]'),
      /: DynamoDBCrudPolicy is not supported here for /,
    ],
    [
      'a function whose role has a condition',
      `${FUNCTION('Role: !GetAtt OtherRole.Arn')}
  OtherRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: lambda.amazonaws.com }, Condition: { Bool: {} } }
`,
      /: Bool is not supported here for Resources\.OtherRole\./,
    ],
    [
      'a function with an intrinsic function that is not evaluated',
      FUNCTION('Environment: { Variables: { NAME: !ImportValue name } }'),
      /found Fn::ImportValue$/,
    ],
    [
      'a function with a connector',
      `${FUNCTION('')}  C: { Type: AWS::Serverless::Connector, Properties: { Source: { Id: Other }, Destination: { Id: T } } }\n`,
      /expected no AWS::Serverless::Connector .* found Other$/,
    ],
    [
      'a function under a condition that cannot be evaluated',
      FUNCTION('').replace('    Metadata', '    Condition: IsLarge\n    Metadata'),
      /found \{\{resolve:ssm:\/size\}\}$/,
    ],
    [
      'a state machine with an inline Definition',
      MACHINE('Definition: {}'),
      /: Definition is not supported here for /,
    ],
    [
      'a state machine with a Schedule event',
      MACHINE(
        'DefinitionUri: state-machines/note-saved.asl.json, Events: { Nightly: { Type: Schedule } }, DefinitionSubstitutions: { Partition: aws, RenderNoteFunctionArn: arn:aws:lambda:us-east-1:000000000000:function:F, UnrenderedNotesQueueUrl: url }',
      ),
      /found "Schedule"$/,
    ],
    [
      'a state machine with a state that is not supported',
      MACHINE('DefinitionUri: state-machines/sync.asl.json'),
      /^state-machines\/sync\.asl\.json:1: .*only the request-response pattern/,
    ],
    ['a FIFO queue', FIFO, /: FifoQueue is not supported here for /],
    [
      'a queue with a RedrivePolicy',
      QUEUE('RedrivePolicy: {}'),
      /: RedrivePolicy is not supported here for /,
    ],
    ['a queue with a QueueName', QUEUE('QueueName: other'), /: QueueName is not supported here for /],
    ['a bucket with a website', WEBSITE, /: WebsiteConfiguration is not supported here for /],
    [
      'a bucket with access logs',
      BUCKET('LoggingConfiguration: {}'),
      /: LoggingConfiguration is not supported /,
    ],
    ['a bucket that anybody may read', BUCKET('') + PUBLIC_POLICY, /expected a Service .* found "\*"$/],
    ['a website that anybody may read', WEBSITE + PUBLIC_POLICY, /expected a Service .* found "\*"$/],
    [
      'a second API',
      '\n  Other: { Type: AWS::Serverless::Api, Properties: { StageName: other } }\n',
      /expected one AWS::Serverless::Api, .* found a second$/,
    ],
  ] as const)
    it(`${what} is left out and named with the reason, if nothing that runs refers to it`, () => {
      const file = fixtureAnd(resources, {
        'Outputs:\n': 'Outputs:\n  Other: { Value: !Ref Other }\n',
        'Conditions:\n': "Conditions:\n  IsLarge: !Equals ['{{resolve:ssm:/size}}', large]\n",
      });
      const template = readRunnableAt(file);
      const found = template.leftOut.find(({ logicalId }) => logicalId === 'Other');
      expect(found?.reason)
        .to.match(reason)
        .and.match(/^(template\.yaml|state-machines\/sync\.asl\.json):\d+: /);
      expect(servedBy(template)).to.deep.equal(before);
      expect(template.madeUpValues).to.deep.equal([{ reference: 'Other', usedBy: 'Other' }]);
    });

  for (const [what, resources, changes, reason] of [
    [
      'an environment variable',
      WEBSITE,
      { "MALLOC_ARENA_MAX: '1'": 'OTHER: !Ref Other' },
      /: WebsiteConfiguration is not supported/,
    ],
    [
      'a text of an environment variable',
      WEBSITE,
      { "MALLOC_ARENA_MAX: '1'": 'OTHER: !Sub ${Other.Arn}/*' },
      /: WebsiteConfiguration is not supported/,
    ],
    [
      'a substitution of a state machine',
      FIFO,
      { 'UnrenderedNotesQueueUrl: !Ref UnrenderedNotesQueue': 'UnrenderedNotesQueueUrl: !Ref Other' },
      /: FifoQueue is not supported/,
    ],
    [
      'a dead-letter queue of a rule',
      FIFO +
        `
  OtherPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Other]
      PolicyDocument:
        Statement: { Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: sqs:*, Resource: !GetAtt Other.Arn }
`,
      {
        'DeadLetterConfig: { Arn: !GetAtt UnrenderedNotesQueue.Arn }':
          'DeadLetterConfig: { Arn: !GetAtt Other.Arn }',
      },
      /: FifoQueue is not supported/,
    ],
    [
      'a policy in a role that a function assumes',
      WEBSITE,
      { 'Action: s3:GetObject\n': 'Action: s3:GetObject\n                Sid: !Ref Other\n' },
      /: WebsiteConfiguration is not supported/,
    ],
    [
      'a policy that is attached to a role that a state machine assumes',
      FUNCTION('VpcConfig: {}'),
      { '            Resource: !Ref RenderNotesStateMachine\n': '            Resource: !GetAtt Other.Arn\n' },
      /: VpcConfig is not supported/,
    ],
    [
      'the policy of a queue that runs',
      MACHINE(
        'DefinitionUri: state-machines/sync.asl.json, Events: { Saved: { Type: EventBridgeRule, Properties: { Pattern: { source: [aws.s3] } } } }',
      ),
      {
        '                  - !GetAtt NoteSavedStateMachineNoteSaved.Arn\n':
          '                  - !GetAtt NoteSavedStateMachineNoteSaved.Arn\n                  - !GetAtt OtherSaved.Arn\n',
      },
      /only the request-response pattern/,
    ],
    [
      'the body of the API',
      MACHINE('Definition: {}'),
      { 'info: { title: Notes,': 'info: { title: !Ref Other,' },
      /: Definition is not supported/,
    ],
  ] as const)
    it(`a resource that is not supported is refused by file and line if ${what} refers to it`, () => {
      expect(() => servedFrom(fixtureAnd(resources, changes)))
        .to.throw(reason)
        .with.property('message')
        .that.matches(/^(template\.yaml|state-machines\/sync\.asl\.json):\d+: /);
    });

  it('a resource that is not supported is left out if only properties without effect and what is left out refer to it', () => {
    const topic = '  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: !GetAtt Other.Arn } }\n';
    const file = fixtureAnd(WEBSITE + topic, {
      '      SqsManagedSseEnabled: true\n': '      Tags: [{ Key: other, Value: !Ref Other }]\n',
      '      Timeout: 60\n': '      Timeout: 60\n      Tags: { other: !GetAtt Other.Arn }\n',
    });
    expect(readRunnableAt(file).leftOut.map(({ logicalId }) => logicalId)).to.include('Other');
  });

  it('two resources that are not supported are left out if one refers to the other and nothing else does', () => {
    const queue = '  Letters: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true } }\n';
    const file = fixtureAnd(
      FUNCTION('VpcConfig: {}, Environment: { Variables: { URL: !Ref Letters } }') + queue,
    );
    expect(readRunnableAt(file).leftOut.map(({ logicalId }) => logicalId)).to.include.members([
      'Other',
      'Letters',
    ]);
  });

  for (const [type, from, to] of [
    ['function', '      CodeUri: .\n', '      CodeUri: .\n      VpcConfig: {}\n'],
    ['queue', '      SqsManagedSseEnabled: true\n', '      FifoQueue: true\n'],
    ['API', '      AlwaysDeploy: true\n', '      Cors: {}\n'],
  ] as const)
    it(`the only ${type} of a template is refused by file and line`, () => {
      const file = fixtureWith({ [from]: to });
      const property = /(\w+): (?:\{\}|true)\n$/.exec(to)?.[1] ?? '';
      expect(() => servedFrom(file)).to.throw(
        `template.yaml:${lineOf(file, `${property}:`)}: ${property} is not supported here for `,
      );
    });

  it('the only bucket of a template is refused by file and line, even if nothing refers to it', () => {
    const text =
      'Resources:\n  Site:\n    Type: AWS::S3::Bucket\n    Properties: { WebsiteConfiguration: {} }\n';
    expect(() => servedFrom(writeTemplate(text))).to.throw(/^template\.yaml:4: WebsiteConfiguration is not /);
    expect(
      bucketsOf(readRunnableAt(writeTemplate(`${text}  Data: { Type: AWS::S3::Bucket }`))),
    ).to.have.length(1);
  });

  it('a mistake in a role is refused with the line of the role if a function that runs assumes it', () => {
    const file = fixtureWith({
      '                Action: s3:GetObject\n': '                Action: !ImportValue action\n',
    });
    expect(() => servedFrom(file)).to.throw(
      new RegExp(
        `^template\\.yaml:${lineOf(file, '!ImportValue action')}: expected one of Ref, .* found Fn::ImportValue$`,
      ),
    );
  });

  it('a function that uses the role of a later one still runs', () => {
    const file = fixtureAnd(
      `${FIFO}  Earlier: { Type: AWS::Serverless::Function, Metadata: &build { BuildMethod: esbuild, BuildProperties: { EntryPoints: [a.ts] } }, Properties: { CodeUri: ., Handler: a.a, Runtime: nodejs24.x, Role: !GetAtt LaterRole.Arn } }
  Later: { Type: AWS::Serverless::Function, Metadata: *build, Properties: { CodeUri: ., Handler: a.a, Runtime: nodejs24.x } }\n`,
    );
    const template = readRunnableAt(file);
    expect(functionsOf(template).map(({ logicalId }) => logicalId)).to.include.members(['Earlier', 'Later']);
    expect(template.leftOut.filter(({ reason }) => reason).map(({ logicalId }) => logicalId)).to.deep.equal([
      'Other',
    ]);
  });

  it('a rule that no event of S3 can match is named with its line', () => {
    const file = fixtureWith({ '              source: [aws.s3]\n': '              source: [my.app]\n' });
    const named = readRunnableAt(file).leftOut.filter(({ reason }) => reason);
    expect(named.map(({ logicalId, type }) => [logicalId, type])).to.deep.equal([
      ['NoteSavedStateMachineNoteSaved', 'AWS::Events::Rule'],
    ]);
    expect(named[0]?.reason).to.match(/^template\.yaml:\d+: only S3 sends events here, /);
  });

  it('a template in which all is supported is read as readTemplate reads it', () => {
    const { lineOf: _, ...runnable } = readRunnableAt(fixtureWith({}));
    const { lineOf: __, ...plain } = readFixture();
    expect({ ...runnable, file: '', files: '' }).to.deep.equal({ ...plain, file: '', files: '' });
  });
});

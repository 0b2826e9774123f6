import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeStateMachineCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect } from 'chai';
import { type Runtime, startRuntime } from '../../index.ts';
import { LogGroup } from '../../logs/log-group.ts';
import { writeTemplate } from '../support/template-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const machine = (name: string, type: string, logging: string) => `
  ${name}:
    Type: AWS::Serverless::StateMachine
    Properties: { Type: ${type}, DefinitionUri: greet.asl.json, Policies: { Statement: [] }${logging} }`;

const logging = (level: string, data: boolean) =>
  `, Logging: { Level: ${level}, IncludeExecutionData: ${data}, Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: !GetAtt Log.Arn } }] }`;

const TEMPLATE = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Log:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: !Sub '/aws/vendedlogs/states/\${AWS::StackName}-greet' }
${machine('Everything', 'EXPRESS', logging('ALL', true))}
${machine('WithoutData', 'STANDARD', logging('ALL', false))}
${machine('Failures', 'EXPRESS', logging('ERROR', true))}
${machine('Ends', 'EXPRESS', logging('FATAL', true))}
${machine('Nothing', 'EXPRESS', '')}
`;

/** Fails unless somebody is greeted. */
const DEFINITION = {
  StartAt: 'IsAnybodyThere',
  States: {
    IsAnybodyThere: {
      Type: 'Choice',
      Choices: [{ Variable: '$.name', IsPresent: true, Next: 'Greet' }],
      Default: 'Nobody',
    },
    Greet: { Type: 'Pass', Parameters: { 'greeting.$': "States.Format('Hello, {}', $.name)" }, End: true },
    Nobody: { Type: 'Fail', Error: 'NobodyError', Cause: 'Nobody is there.' },
  },
};

const GROUP = '/aws/vendedlogs/states/local-greet';
const arnOf = (name: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;

describe('CloudWatch Logs (AWS: API_FilterLogEvents)', () => {
  let runtime: Runtime;
  let logs: CloudWatchLogsClient;
  let states: SFNClient;
  before(async () => {
    runtime = await startRuntime({
      templateFile: writeTemplate(TEMPLATE, { 'greet.asl.json': JSON.stringify(DEFINITION) }),
      dataDirectory: temporaryFolder('logs'),
      port: 0,
      s3Port: 0,
      parameterOverrides: {},
      layerDirectory: '/layer',
      apiKey: 'key',
      warn: () => {},
      executionEnded: () => {},
    });
    const common = {
      endpoint: runtime.statesUrl,
      region: 'us-east-1',
      credentials: { accessKeyId: 'anybody', secretAccessKey: 'any' },
    };
    logs = new CloudWatchLogsClient(common);
    states = new SFNClient(common);
  });
  after(async () => {
    logs?.destroy();
    states?.destroy();
    await runtime?.stop();
  });

  /** Runs a machine to its end. @returns the lines that it has logged. */
  async function logOf(name: string, input: object): Promise<Record<string, unknown>[]> {
    const { executionArn = '' } = await states.send(
      new StartExecutionCommand({ stateMachineArn: arnOf(name), input: JSON.stringify(input) }),
    );
    // The states take no time: the execution ends before the next request is read.
    const { events = [] } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: GROUP, filterPattern: JSON.stringify(executionArn) }),
    );
    return events.map(({ message = '' }) => JSON.parse(message));
  }

  const typesOf = (lines: readonly Record<string, unknown>[]) => lines.map(({ type }) => type);

  it('an EXPRESS execution logs each event with its data, as Step Functions writes it', async () => {
    const lines = await logOf('Everything', { name: 'Ada' });
    expect(typesOf(lines)).to.deep.equal([
      'ExecutionStarted',
      'ChoiceStateEntered',
      'ChoiceStateExited',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
    const [started, , , , exited] = lines;
    expect(started).to.have.all.keys(
      'id',
      'type',
      'details',
      'previous_event_id',
      'event_timestamp',
      'execution_arn',
    );
    expect(started).to.deep.include({
      id: '1',
      previous_event_id: '0',
      details: {
        input: '{"name":"Ada"}',
        inputDetails: { truncated: false },
        roleArn: 'arn:aws:iam::000000000000:role/EverythingRole',
      },
    });
    expect(started?.execution_arn).to.match(/^arn:aws:states:us-east-1:000000000000:express:Everything:/);
    expect(Number(started?.event_timestamp)).to.be.closeTo(Date.now(), 60_000);
    expect(exited).to.deep.include({
      id: '5',
      previous_event_id: '4',
      details: { name: 'Greet', output: '{"greeting":"Hello, Ada"}', outputDetails: { truncated: false } },
    });
  });

  it('without IncludeExecutionData, the events of a STANDARD execution have no inputs and outputs', async () => {
    const lines = await logOf('WithoutData', { name: 'Ada' });
    expect(lines).to.have.length(6);
    expect(lines[4]?.details).to.deep.equal({ name: 'Greet' });
    expect(JSON.stringify(lines)).to.not.include('Ada');
  });

  it('the level ERROR logs failures only, FATAL only those of executions, and without Logging nothing is logged', async () => {
    expect(typesOf(await logOf('Failures', {}))).to.deep.equal(['FailStateEntered', 'ExecutionFailed']);
    expect(typesOf(await logOf('Failures', { name: 'Ada' }))).to.deep.equal([]);
    const [failed, ...others] = await logOf('Ends', {});
    expect(failed).to.deep.include({
      type: 'ExecutionFailed',
      details: { error: 'NobodyError', cause: 'Nobody is there.' },
    });
    expect(others).to.deep.equal([]);
    expect(await logOf('Nothing', {})).to.deep.equal([]);
  });

  it('DescribeStateMachine tells the level, whether data is logged, and the log group', async () => {
    const describe = async (name: string) =>
      (await states.send(new DescribeStateMachineCommand({ stateMachineArn: arnOf(name) })))
        .loggingConfiguration;
    expect(await describe('Everything')).to.deep.equal({
      level: 'ALL',
      includeExecutionData: true,
      destinations: [
        {
          cloudWatchLogsLogGroup: { logGroupArn: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*` },
        },
      ],
    });
    expect(await describe('Nothing')).to.deep.equal({ level: 'OFF', includeExecutionData: false });
  });

  it('events are read page by page, and within a range of times', async () => {
    await logOf('Everything', { name: 'Page' });
    const all = await logs.send(new FilterLogEventsCommand({ logGroupName: GROUP }));
    const found: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await logs.send(new FilterLogEventsCommand({ logGroupName: GROUP, limit: 4, nextToken }));
      expect(page.events).to.have.length.within(1, 4);
      found.push(...(page.events ?? []).map(({ eventId }) => eventId));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(found).to.deep.equal(all.events?.map(({ eventId }) => eventId));
    const later = { logGroupName: GROUP, startTime: Date.now() + 60_000 };
    expect((await logs.send(new FilterLogEventsCommand(later))).events).to.deep.equal([]);
    const earlier = { logGroupName: GROUP, endTime: Date.now() - 600_000 };
    expect((await logs.send(new FilterLogEventsCommand(earlier))).events).to.deep.equal([]);
  });

  for (const [pattern, count] of [
    ['"Hello, Grace" PassStateExited', 1],
    ['Grace -PassStateEntered -PassStateExited', 4],
    ['Grace ?PassStateEntered ?ChoiceStateEntered', 2],
    ['grace', 0],
    ['', 6],
  ] as const)
    it(`the filter pattern <${pattern}> finds ${count} of six events`, async () => {
      const startTime = Date.now();
      await logOf('Everything', { name: 'Grace' });
      const command = new FilterLogEventsCommand({ logGroupName: GROUP, filterPattern: pattern, startTime });
      expect((await logs.send(command)).events?.length).to.equal(count);
    });

  const REFUSED: readonly (readonly [string, FilterLogEventsCommandInput, string])[] = [
    ['a log group that no machine names', { logGroupName: '/aws/lambda/other' }, 'ResourceNotFoundException'],
    [
      'a pattern for JSON',
      { logGroupName: GROUP, filterPattern: '{ $.id = 1 }' },
      'InvalidParameterException',
    ],
    ['a regular expression', { logGroupName: GROUP, filterPattern: '%x%' }, 'InvalidParameterException'],
    ['a limit of 0', { logGroupName: GROUP, limit: 0 }, 'InvalidParameterException'],
    ['a token that nobody gave', { logGroupName: GROUP, nextToken: 'x' }, 'InvalidParameterException'],
    ['an unknown member', { logGroupName: GROUP, logStreamNames: ['x'] }, 'InvalidParameterException'],
  ];
  for (const [what, request, error] of REFUSED)
    it(`${what} is refused with ${error}`, async () => {
      const failed = await logs.send(new FilterLogEventsCommand(request)).catch((reason: unknown) => reason);
      expect(failed).to.be.an('error').with.property('name', error);
    });
});

describe('A log group in memory', () => {
  it('keeps its newest events, as many as fit', () => {
    const group = new LogGroup(1000);
    for (let timestamp = 0; timestamp < 1000; timestamp += 1)
      group.append({ timestamp, stream: 's', message: 'x'.repeat(100) });
    expect([...group.from(0)].map(({ timestamp }) => timestamp)).to.deep.equal([995, 996, 997, 998, 999]);
    expect([...group.from(998)].map(({ timestamp }) => timestamp)).to.deep.equal([998, 999]);
    expect([...group.from(5000)]).to.deep.equal([]);
  });
});

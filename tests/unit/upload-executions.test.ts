import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { expect } from 'chai';
import { UploadExecutions } from '../../local/upload-executions.ts';

const DENIED = Object.assign(new Error('Not authorized to perform: x'), { name: 'AccessDeniedException' });
const input = (id: string) => JSON.stringify({ detail: { object: { key: 'input/a' }, 'request-id': id } });

describe('How the execution of an upload ends', () => {
  const [states, logs, sqs] = [
    mockClient(SFNClient),
    mockClient(CloudWatchLogsClient),
    mockClient(SQSClient),
  ];
  beforeEach(() => {
    for (const client of [states, logs, sqs]) client.reset();
    sqs.on(ReceiveMessageCommand).resolves({});
  });
  after(() => {
    for (const client of [states, logs, sqs]) client.restore();
  });

  /** Looks at a stack. @returns what it finds, and what it warns of. */
  async function look(...requestIds: readonly string[]) {
    const warnings: string[] = [];
    const settings = { region: 'us-east-1' };
    const executions = new UploadExecutions({
      states: new SFNClient(settings),
      logs: new CloudWatchLogsClient(settings),
      sqs: new SQSClient(settings),
      stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:ResizeUploadStateMachine',
      queueUrl: async () => 'https://queue',
      pauseMs: 1,
      warn: (message) => warnings.push(message),
    });
    const ends = [];
    for (const id of requestIds) ends.push(await executions.endOf(id));
    return { ends, warnings };
  }

  function logLevel(level: 'ALL' | 'ERROR', includeExecutionData: boolean): void {
    const logGroupArn = 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/x:*';
    states.on(DescribeStateMachineCommand).resolves({
      loggingConfiguration: {
        level,
        includeExecutionData,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
      },
    });
  }

  /** Lines of the log: of each execution its type, its name and its details. */
  function logged(
    ...lines: readonly (readonly [type: string, name: string, details: object, atMs?: number])[]
  ) {
    logs.on(FilterLogEventsCommand).resolves({
      events: lines.map(([type, name, details, timestamp = Date.now()]) => ({
        timestamp,
        message: JSON.stringify({
          type,
          details,
          execution_arn: `arn:aws:states:us-east-1:000000000000:express:ResizeUploadStateMachine:${name}:1`,
        }),
      })),
    });
  }

  it('The log that has everything tells failures with their errors, and success of refusals too', async () => {
    logLevel('ALL', true);
    logged(
      ['ExecutionStarted', 'monday', { input: input('1') }],
      ['ExecutionStarted', 'tuesday', { input: input('2') }],
      ['ExecutionStarted', 'friday', { input: input('3') }],
      ['ExecutionFailed', 'monday', { error: 'AccessDenied', cause: 'No.' }],
      ['ExecutionFailed', 'tuesday', { error: 'CorruptImageError', cause: 'It ends early.' }],
    );
    const { ends } = await look('1', '2', '3');
    expect(ends).to.deep.equal([
      {
        failure: {
          reason: 'AccessDenied: No.',
          message: 'execution monday, left on UnprocessedUploadsQueue',
        },
      },
      {},
      'running',
    ]);
    expect(sqs.calls()).to.have.length(0);
  });

  it('Of executions that fail at the same time, a log without data tells a reason only if they have the same', async () => {
    logLevel('ERROR', false);
    const sentMs = Date.now() - 60_000;
    const failed = (name: string, error: string, atMs: number) =>
      ['ExecutionFailed', name, { error, cause: 'No.' }, atMs] as const;
    logged(
      failed('a', 'AccessDenied', sentMs + 10),
      failed('b', 'AccessDenied', sentMs + 20),
      failed('c', 'AccessDenied', sentMs + 20_010),
      failed('d', 'TypeError', sentMs + 20_020),
    );
    const message = (id: string, atMs: number) => ({
      Body: input(id),
      Attributes: { SentTimestamp: String(atMs) },
    });
    sqs.on(ReceiveMessageCommand).resolvesOnce({
      Messages: [message('1', sentMs), message('2', sentMs + 20_000), message('3', sentMs + 40_000)],
    });
    const left = 'left on UnprocessedUploadsQueue';
    expect((await look('1', '2', '3', '4')).ends).to.deep.equal([
      { failure: { reason: 'AccessDenied: No.', message: left } },
      { failure: { reason: 'its execution has failed', message: left } },
      { failure: { reason: 'its execution has failed', message: left } },
      'unseen',
    ]);
  });

  it('Who may look neither at the log nor at the queue is told once that failures are waited for', async () => {
    states.on(DescribeStateMachineCommand).rejects(DENIED);
    sqs.on(ReceiveMessageCommand).rejects(DENIED);
    const { ends, warnings } = await look('1', '2');
    expect(ends).to.deep.equal(['unseen', 'unseen']);
    expect(warnings).to.deep.equal([
      'An upload that fails is waited for until its time is up. You have no permission: Not authorized to perform: x',
    ]);
  });

  it('Who may not read the log finds out on the queue', async () => {
    logLevel('ALL', true);
    logs.on(FilterLogEventsCommand).rejects(DENIED);
    sqs
      .on(ReceiveMessageCommand)
      .resolvesOnce({ Messages: [{ Body: input('1'), Attributes: { SentTimestamp: String(Date.now()) } }] });
    const { ends, warnings } = await look('1');
    expect(ends).to.deep.equal([
      { failure: { reason: 'its execution has failed', message: 'left on UnprocessedUploadsQueue' } },
    ]);
    expect(warnings).to.deep.equal([]);
  });
});

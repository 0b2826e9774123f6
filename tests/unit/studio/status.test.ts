import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  eventOfHistory,
  eventOfLog,
  type HistoryEvent,
} from '../../../local/studio/page/calls/history-event.ts';
import { type StateStatus, statusOf } from '../../../local/studio/page/graph/status.ts';
import { type CallService, TaskError } from '../../../runtime/states/index.ts';
import { arnOf, call } from '../../../runtime/tests/states/calls.ts';
import { ADMINISTRATOR, given, MACHINE_ARN } from '../../../runtime/tests/states/machine.ts';

/** The history of an execution that the local runtime has run. */
async function historyOf(
  definition: object,
  callService: CallService,
  input: object = {},
): Promise<HistoryEvent[]> {
  const states = given(definition, { callService, waits: [] });
  await states.run(MACHINE_ARN, input, ADMINISTRATOR, 'h');
  const { body } = await call(states, 'GetExecutionHistory', { executionArn: arnOf('h'), maxResults: 1000 });
  return Array.isArray(body.events) ? body.events.map(eventOfHistory) : [];
}

function machineFile(name: string): object {
  const text = readFileSync(`statemachine/${name}.asl.json`, 'utf8');
  return JSON.parse(text.replaceAll(/\$\{Partition\}/g, 'aws').replaceAll(/\$\{\w+\}/g, '1'));
}

const words = (status: ReadonlyMap<string, StateStatus>) =>
  Object.fromEntries([...status].map(([name, { word }]) => [name, word]));

const visitOf = (status: ReadonlyMap<string, StateStatus>, name: string) => {
  const visit = status.get(name)?.visits[0];
  if (!visit) throw new Error(`Expected a visit of ${name}.`);
  return visit;
};

describe('The status of states', () => {
  const upload = machineFile('resize-upload');
  const rejected: CallService = async () => ({
    Payload: { status: 'REJECTED', error: { name: 'CorruptImageError', message: 'It ends early.' } },
  });

  it('an upload that succeeds has entered its four states, with input, output and one attempt', async () => {
    const status = statusOf(
      await historyOf(upload, async () => ({ Payload: { status: 'RESIZED' } }), { a: 1 }),
    );
    expect(words(status)).to.deep.equal({
      NameExecution: 'succeeded',
      ResizeImage: 'succeeded',
      WasImageResized: 'succeeded',
      ImageResized: 'succeeded',
    });
    const { type, input, output, attempts, enteredMs, endedMs = 0 } = visitOf(status, 'ResizeImage');
    expect(type).to.equal('Task');
    expect(input).to.equal('{"a":1,"execution":"h"}');
    expect(output).to.equal('{"status":"RESIZED"}');
    expect(attempts).to.have.length(1);
    expect(endedMs).to.be.at.least(enteredMs);
  });

  it('a rejected image fails in ImageRejected, with its error and cause', async () => {
    const status = statusOf(await historyOf(upload, rejected));
    expect(words(status)).to.include({ ResizeImage: 'succeeded', ImageRejected: 'failed' });
    expect(visitOf(status, 'ImageRejected')).to.include({
      error: 'CorruptImageError',
      cause: 'It ends early.',
    });
  });

  it('each attempt of a state that is retried has its error, and the state succeeds in the end', async () => {
    let calls = 0;
    const busy: CallService = async () => {
      calls += 1;
      if (calls < 3) throw new TaskError('Lambda.TooManyRequestsException', 'busy');
      return { Payload: { status: 'RESIZED' } };
    };
    const events = await historyOf(upload, busy);
    const { attempts } = visitOf(statusOf(events), 'ResizeImage');
    expect(attempts.map(({ hasFailed, error }) => [hasFailed, error])).to.deep.equal([
      [true, 'Lambda.TooManyRequestsException'],
      [true, 'Lambda.TooManyRequestsException'],
      [false, undefined],
    ]);
    const firstFailure = events.findIndex(({ type }) => type === 'TaskFailed') + 1;
    expect(words(statusOf(events.slice(0, firstFailure))).ResizeImage).to.equal('retried');
    expect(words(statusOf(events.slice(0, firstFailure + 1))).ResizeImage).to.equal('running');
    expect(words(statusOf(events)).ResizeImage).to.equal('succeeded');
  });

  it('a state whose error a Catch takes is caught, and the execution fails where it ends', async () => {
    const broken: CallService = async (called) => {
      if (called.resource.includes('sqs')) return { MessageId: '1' };
      throw new TaskError('AccessDenied', 'no');
    };
    const status = statusOf(await historyOf(upload, broken));
    expect(words(status)).to.deep.include({
      ResizeImage: 'caught',
      MarkAsFailed: 'succeeded',
      LeaveUploadOnQueue: 'succeeded',
      UploadUnprocessed: 'failed',
    });
    expect(visitOf(status, 'ResizeImage').attempts[0]).to.include({ error: 'AccessDenied', cause: 'no' });
  });

  it('the history so far tells what runs', async () => {
    const events = await historyOf(upload, rejected);
    const entered = events.findIndex(({ type }) => type === 'TaskStateEntered') + 1;
    expect(words(statusOf(events.slice(0, entered)))).to.deep.equal({
      NameExecution: 'succeeded',
      ResizeImage: 'running',
    });
  });

  const task = (more: object = {}) => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: 'F', 'Payload.$': '$' },
    End: true,
    ...more,
  });
  const failing: CallService = async ({ parameters }) => {
    if (JSON.stringify(parameters).includes('bad')) throw new TaskError('Bad', 'bad item');
    return {};
  };

  it('a Map counts its iterations, and a state inside has a visit for each', async () => {
    const definition = {
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          ItemProcessor: {
            StartAt: 'One',
            States: {
              One: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Skip' }] }),
              Skip: { Type: 'Pass', End: true },
            },
          },
          End: true,
        },
      },
    };
    const status = statusOf(await historyOf(definition, failing, ['good', 'bad', 'good']));
    expect(words(status)).to.deep.equal({ Each: 'succeeded', One: 'caught', Skip: 'succeeded' });
    expect(visitOf(status, 'Each').iterations).to.deep.equal({ started: 3, succeeded: 3, failed: 0 });
    expect(status.get('One')?.visits).to.have.length(3);
  });

  it('a branch that fails fails its state, and a Catch of the Parallel state takes it', async () => {
    const definition = {
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'Left', States: { Left: task() } },
            {
              StartAt: 'Right',
              States: {
                Right: { Type: 'Wait', Seconds: 1, Next: 'Last' },
                Last: { Type: 'Fail', Error: 'E' },
              },
            },
          ],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }],
          End: true,
        },
        After: { Type: 'Pass', End: true },
      },
    };
    const status = words(statusOf(await historyOf(definition, failing, { a: 'bad' })));
    expect(status).to.include({ Both: 'caught', Left: 'failed', After: 'succeeded' });
    expect(status.Right).not.to.equal('running');
  });

  it('log lines tell the same as the history', async () => {
    const history = await historyOf(upload, rejected);
    const logged = history.map(({ id, previousId, type, atMs, details }) =>
      eventOfLog({
        id: String(id),
        previous_event_id: String(previousId),
        type,
        event_timestamp: String(atMs),
        details,
        execution_arn: arnOf('h'),
      }),
    );
    expect(words(statusOf(logged))).to.deep.equal(words(statusOf(history)));
  });

  it('an execution that was stopped leaves its running state stopped', () => {
    const event = (id: number, type: string, details = {}): HistoryEvent => ({
      id,
      previousId: id - 1,
      type,
      atMs: id,
      details,
    });
    const events = [
      event(1, 'ExecutionStarted'),
      event(2, 'TaskStateEntered', { name: 'A' }),
      event(3, 'TaskScheduled'),
      event(4, 'ExecutionAborted'),
    ];
    expect(words(statusOf(events))).to.deep.equal({ A: 'stopped' });
  });

  it('events without data leave input and output out', async () => {
    const history = await historyOf(upload, rejected);
    const bare = history.map((event) => ({
      ...event,
      details: Object.fromEntries(Object.entries(event.details).filter(([key]) => key === 'name')),
    }));
    const status = statusOf(bare);
    expect(words(status)).to.include({ ImageRejected: 'failed' });
    expect(visitOf(status, 'ResizeImage')).to.include({ input: undefined, output: undefined });
  });
});

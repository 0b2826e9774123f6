import { expect } from 'chai';
import type { HistoryEvent } from '../../../local/studio/page/calls/history-event.ts';
import type { Execution, MapRun } from '../../../local/studio/page/calls/states.ts';
import { countsOf } from '../../../local/studio/page/executions/bulk-counts.ts';
import {
  atTime,
  type Entry,
  entryOfLogged,
  filtered,
  sayEntry,
} from '../../../local/studio/page/executions/execution-list.ts';
import { bodyOf, type Choice, curlOf, problemOf } from '../../../local/studio/page/executions/request.ts';
import { durationOf } from '../../../local/studio/page/graph/durations.ts';

const choice: Choice = {
  what: 'all',
  key: 'input/a.jpg',
  prefix: 'input/2026/',
  force: false,
  dryRun: false,
};

describe('The request form', () => {
  it('makes every body that the API accepts, and no other', () => {
    expect(bodyOf(choice)).to.deep.equal({});
    expect(bodyOf({ ...choice, what: 'prefix', force: true, dryRun: true })).to.deep.equal({
      prefix: 'input/2026/',
      force: true,
      dryRun: true,
    });
    expect(bodyOf({ ...choice, what: 'key', force: true, dryRun: true })).to.deep.equal({
      key: 'input/a.jpg',
      force: true,
    });
  });

  it('says what is wrong with a key or a prefix before the API does', () => {
    expect(problemOf(choice)).to.equal(undefined);
    expect(problemOf({ ...choice, what: 'key', key: 'input/' })).to.include('Expected a key');
    expect(problemOf({ ...choice, what: 'key', key: 'a.jpg' })).to.include('Expected a key');
    expect(problemOf({ ...choice, what: 'prefix', prefix: 'input/' })).to.equal(undefined);
    expect(problemOf({ ...choice, what: 'prefix', prefix: '' })).to.include('Expected a prefix');
  });

  const api = { processImageUrl: 'https://api/process-image', region: 'eu-west-1', isLocal: false } as const;
  const curl = (more: object = {}) => curlOf({ key: "input/it's" }, { ...api, apiAuth: 'NONE', ...more });

  it('its command carries what ApiAuth asks for, and quotes the body for a shell', () => {
    const end = `-H 'Content-Type: application/json' -d '{"key":"input/it'\\''s"}'`;
    expect(curl()).to.equal(`curl -X POST https://api/process-image ${end}`);
    expect(curl({ apiAuth: 'API_KEY' })).to.equal(
      `curl -X POST https://api/process-image -H "x-api-key: $API_KEY" ${end}`,
    );
    expect(curl({ apiAuth: 'API_KEY', apiKey: "it's" })).to.include(`-H 'x-api-key: it'\\''s' `);
    expect(curl({ apiAuth: 'AWS_IAM' })).to.include(
      '--aws-sigv4 aws:amz:eu-west-1:execute-api --user "$AWS_',
    );
    expect(curl({ apiAuth: 'AWS_IAM', isLocal: true })).to.include('--user anybody:anything');
  });
});

describe('The list of executions', () => {
  const event = (id: number, type: string, details: object = {}): HistoryEvent => ({
    id,
    previousId: id - 1,
    type,
    atMs: id * 1000,
    details: { ...details },
  });
  const input = JSON.stringify({ detail: { object: { key: 'input/cat.jpg' } } });
  const arn = 'arn:aws:states:us-east-1:000000000000:express:ResizeUploadStateMachine:name:start';
  const started = event(1, 'ExecutionStarted', { input });

  it('an upload that the log tells of has its key, its name and its status', () => {
    const failed = event(5, 'ExecutionFailed', { error: 'CorruptImageError', cause: 'c' });
    expect(entryOfLogged({ arn, events: [started, failed] })).to.deep.include({
      key: 'input/cat.jpg',
      name: 'name',
      status: 'FAILED',
      startedMs: 1000,
      stoppedMs: 5000,
      error: 'CorruptImageError',
    });
    expect(entryOfLogged({ arn, events: [started] })).to.include({ status: 'RUNNING' });
    expect(entryOfLogged({ arn, events: [event(1, 'ExecutionStarted')] }).key).to.equal(undefined);
  });

  const entries: Entry[] = [
    entryOfLogged({ arn, events: [started] }),
    {
      ...entryOfLogged({ arn, events: [event(9, 'ExecutionStarted')] }),
      kind: 'request',
      status: 'FAILED',
      error: 'Broken',
    },
  ];

  it('it is filtered by kind, status and text, and begins with the newest', () => {
    const all = { kind: 'all', status: 'all', text: '' } as const;
    expect(filtered(entries, all).map(({ startedMs }) => startedMs)).to.deep.equal([9000, 1000]);
    expect(filtered(entries, { ...all, kind: 'upload' })).to.have.length(1);
    expect(filtered(entries, { ...all, status: 'FAILED' })).to.have.length(1);
    expect(filtered(entries, { ...all, text: ' CAT ' }).map(({ key }) => key)).to.deep.equal([
      'input/cat.jpg',
    ]);
    expect(filtered(entries, { ...all, text: 'broken' })).to.have.length(1);
    expect(filtered(entries, { ...all, text: 'dog' })).to.deep.equal([]);
  });

  it('an upload whose end is not in the log does not run for ever, and a bulk run may for a year', () => {
    const [upload, request] = entries;
    if (!upload || !request) throw new Error('Expected entries.');
    const minute = 60_000;
    expect(atTime(upload, upload.startedMs + 5 * minute).status).to.equal('RUNNING');
    const lost = atTime(upload, upload.startedMs + 7 * minute);
    expect(sayEntry(lost).text).to.equal('end not logged');
    expect(atTime({ ...upload, status: 'SUCCEEDED' }, upload.startedMs + 7 * minute).status).to.equal(
      'SUCCEEDED',
    );
    const run = { ...request, status: 'RUNNING' } as const;
    expect(atTime(run, run.startedMs + 7 * minute).status).to.equal('RUNNING');
  });

  it('a fault of an image is a refusal, and any other error a failure', () => {
    const [entry] = entries;
    if (!entry) throw new Error('Expected an entry.');
    expect(sayEntry({ ...entry, status: 'FAILED', error: 'CorruptImageError' }).text).to.equal('refused');
    expect(sayEntry({ ...entry, status: 'FAILED', error: 'States.Timeout' }).text).to.equal('failed');
    expect(sayEntry({ ...entry, status: 'ABORTED' }).text).to.equal('stopped');
  });
});

describe('The bar of a bulk run', () => {
  const mapRun: MapRun = {
    arn: 'a',
    status: 'RUNNING',
    startedMs: 0,
    stoppedMs: undefined,
    maxConcurrency: 1,
    itemCounts: { total: 100, pending: 20, running: 20, succeeded: 55, failed: 5 },
    executionCounts: {},
  };
  const execution: Execution = {
    arn: 'e',
    name: 'e',
    status: 'RUNNING',
    startedMs: 0,
    stoppedMs: undefined,
    stateMachineArn: 'm',
    input: '{}',
    output: undefined,
    error: undefined,
    cause: undefined,
  };
  const images = { resized: 10, unchanged: 80, rejected: { A: 4, B: 1 }, unprocessed: 5 };

  it('while it runs, counts the images in batches that have ended', () => {
    expect(countsOf(mapRun, execution)).to.deep.include({
      done: 60,
      toGo: 40,
      parts: [{ name: 'done', count: 60 }],
    });
  });

  it('at the end, tells what became of the images', () => {
    const ended = { ...execution, status: 'SUCCEEDED', output: JSON.stringify({ images }) } as const;
    expect(countsOf(mapRun, ended).parts).to.deep.equal([
      { name: 'made', count: 10 },
      { name: 'unchanged', count: 80 },
      { name: 'refused', count: 5 },
      { name: 'not processed', count: 5 },
    ]);
    expect(countsOf(mapRun, ended).refusals).to.deep.equal([
      ['A', 4],
      ['B', 1],
    ]);
  });

  it('a run with too many unprocessed images has its counts in the cause', () => {
    const cause = JSON.stringify(images);
    const ended = { ...execution, status: 'FAILED', error: 'TooManyImagesUnprocessed', cause } as const;
    expect(countsOf(mapRun, ended).parts).to.have.length(4);
  });

  it('a run that was stopped tells only how far it came, and not that images are done which it gave up', () => {
    const ended = { ...execution, status: 'ABORTED', cause: 'by hand' } as const;
    const itemCounts = { total: 100, succeeded: 60, aborted: 40 };
    expect(countsOf({ ...mapRun, itemCounts }, ended)).to.deep.include({
      done: 60,
      isCounted: false,
      parts: [
        { name: 'done', count: 60 },
        { name: 'stopped', count: 40 },
      ],
    });
  });
});

describe('A duration', () => {
  it('is said in the unit that fits it', () => {
    expect([-1, 350, 1_200, 59_960, 125_000, 7_260_000].map(durationOf)).to.deep.equal([
      '0 ms',
      '350 ms',
      '1.2 s',
      '1 min 0 s',
      '2 min 5 s',
      '2 h 1 min',
    ]);
  });
});

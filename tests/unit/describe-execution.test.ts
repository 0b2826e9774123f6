import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describeExecution, REJECTIONS } from '../../local/describe-execution.ts';

const UPLOAD = JSON.stringify({ detail: { bucket: { name: 'b' }, object: { key: 'input/cat.jpg' } } });
const ENDED = {
  executionArn: 'arn',
  stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:ResizeUploadStateMachine',
  name: 'monday',
  input: UPLOAD,
  status: 'SUCCEEDED',
  startDate: new Date(0),
  stopDate: new Date(700),
} as const;
const text = (value: object) => JSON.stringify(value);

describe('The line for an execution that has ended', () => {
  for (const [what, execution, line] of [
    [
      'an upload',
      { output: text({ status: 'RESIZED', renditions: [{ bytes: 10_000 }, { bytes: 500 }] }) },
      'input/cat.jpg  2 renditions, 11 kB (0.7 s)',
    ],
    [
      'an upload that changes nothing',
      { output: text({ status: 'UNCHANGED', renditions: [] }) },
      'input/cat.jpg  up to date (0.7 s)',
    ],
    ['a removal', { output: text({ status: 'REMOVED', renditions: [] }) }, 'input/cat.jpg  removed (0.7 s)'],
    [
      'a rejected image',
      { status: 'FAILED', error: 'CorruptImageError', cause: 'It is damaged.' },
      'input/cat.jpg  refused: CorruptImageError: It is damaged. (0.7 s, execution monday)',
    ],
    [
      'an upload that is left on the queue',
      { status: 'FAILED', error: 'AccessDenied', cause: 'No.' },
      'input/cat.jpg  not processed, left on UnprocessedUploadsQueue: AccessDenied: No. (0.7 s, execution monday)',
    ],
    [
      'a key and an error that would steer the terminal',
      {
        input: text({ key: 'input/\u001b[31mcat\nfake\u202e.jpg' }),
        status: 'FAILED',
        error: 'Odd\u001b[0m',
        cause: 'Red\u009b31m.',
      },
      'input/\\u001b[31mcat\\u000afake\\u202e.jpg  not processed, left on UnprocessedUploadsQueue: Odd\\u001b[0m: Red\\u009b31m. (0.7 s, execution monday)',
    ],
    [
      'a request that fails',
      {
        input: '{"key":"input/cat.jpg"}',
        stateMachineArn: 'arn',
        status: 'FAILED',
        error: 'AccessDenied',
        cause: 'No.',
      },
      'input/cat.jpg  not processed: AccessDenied: No. (0.7 s, execution monday)',
    ],
    [
      'a bulk run',
      {
        input: '{}',
        output: text({
          images: { resized: 3, unchanged: 1, rejected: { CorruptImageError: 2 }, unprocessed: 0 },
        }),
      },
      'run monday  3 made, 1 unchanged, 2 refused (CorruptImageError), 0 not processed (0.7 s)',
    ],
    [
      'a dry run',
      {
        input: '{"dryRun":true}',
        output: text({ images: { wouldResize: 3, unchanged: 1, rejected: {}, unprocessed: 0 } }),
      },
      'run monday  3 to make, 1 unchanged, 0 not processed (0.7 s)',
    ],
    [
      'a bulk run that fails',
      { input: '{}', status: 'FAILED', error: 'BulkRunInProgress', cause: 'Another one.' },
      'run monday  BulkRunInProgress: Another one. (0.7 s)',
    ],
  ] as const)
    it(`The line for ${what} is short and says what became of it`, () => {
      expect(describeExecution({ ...ENDED, ...execution })).to.equal(line);
    });

  it('The names of rejections are those of a manifest, and those that have no manifest', () => {
    const schema = JSON.parse(readFileSync('docs/manifest.schema.json', 'utf8'));
    expect(REJECTIONS).to.have.members([
      ...schema.properties.error.properties.name.enum,
      ...['SourceNotFoundError', 'KeyTooLongError', 'InvalidKeyError'],
    ]);
  });
});

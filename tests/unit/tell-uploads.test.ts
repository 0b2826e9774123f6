import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import {
  createJsonLines,
  createLines,
  describeUpload,
  isAllMade,
  summarize,
} from '../../local/tell-uploads.ts';
import { createTerminal } from '../../local/terminal.ts';
import type { UploadedFile } from '../../local/upload-files.ts';

const FILE: UploadedFile = {
  path: 'photos/cat.jpg',
  key: 'input/photos/cat.jpg',
  bytes: 1_500_000,
  outcome: 'made',
  ms: 700,
  renditions: [
    { key: 'output/photos/cat.jpg/small.avif', width: 640, height: 360, bytes: 15_000 },
    { key: 'output/photos/cat.jpg/large.avif', width: 1920, height: 1080, bytes: 69_001 },
  ],
};
const ended = (
  outcome: UploadedFile['outcome'],
  number: number,
  more: Partial<UploadedFile> = {},
): UploadedFile => ({
  ...FILE,
  ...{ path: `${number}.jpg`, key: `input/${number}.jpg`, outcome, renditions: [] },
  ...more,
});
const NOTHING = { ended: [], unreadable: [], unfinished: { notBegun: [], notAwaited: [] }, ms: 1000 };

describe('What is told of uploads', () => {
  for (const [what, file, line] of [
    ['is made', FILE, 'input/photos/cat.jpg  2 renditions, 85 kB from 1.5 MB (0.7 s)'],
    ['is there already', { ...FILE, outcome: 'unchanged' }, 'input/photos/cat.jpg  unchanged (0.7 s)'],
    [
      'is refused',
      { ...FILE, outcome: 'refused', reason: 'CorruptImageError', message: 'It ends early.' },
      'input/photos/cat.jpg  refused: CorruptImageError: It ends early. (0.7 s)',
    ],
    [
      'is not processed',
      { ...FILE, outcome: 'not processed', reason: 'AccessDenied: No.', message: 'execution monday' },
      'input/photos/cat.jpg  not processed: AccessDenied: No.; execution monday (0.7 s)',
    ],
    [
      'is not uploaded',
      { ...FILE, outcome: 'not uploaded', reason: 'SlowDown', message: '' },
      'photos/cat.jpg  not uploaded: SlowDown',
    ],
    [
      'would steer the terminal',
      {
        ...FILE,
        outcome: 'refused',
        key: 'input/\u001b]0;x\u0007\r\n.jpg',
        reason: 'E',
        message: '\u009b31m',
      },
      String.raw`input/\u001b]0;x\u0007\u000d\u000a.jpg  refused: E: \u009b31m (0.7 s)`,
    ],
  ] as const)
    it(`The line of a file that ${what} has its name and what became of it`, () => {
      expect(describeUpload(file)).to.equal(line);
    });

  it('The line of a file has one more for each rendition, if they are asked for', () => {
    expect(describeUpload(FILE, true).split('\n').slice(1)).to.deep.equal([
      '  output/photos/cat.jpg/small.avif  640 × 360  15 kB',
      '  output/photos/cat.jpg/large.avif  1920 × 1080  70 kB',
    ]);
  });

  it('The summary counts each outcome, says what was saved, and names three files of each reason, the most frequent first', () => {
    const refused = { reason: 'CorruptImageError' };
    const report = {
      ended: [
        FILE,
        ended('unchanged', 1),
        ended('refused', 2, { reason: 'UnsupportedImageError' }),
        ...[3, 4, 5, 6].map((number) => ended('refused', number, refused)),
        ended('not processed', 7, { reason: 'no manifest' }),
        ended('not uploaded', 8, { reason: 'SlowDown' }),
      ],
      unreadable: [{ path: 'dead.jpg', reason: 'it is gone' }],
      unfinished: {
        notBegun: [{ path: '\u001b9.jpg', key: 'input/9.jpg', bytes: 1 }],
        notAwaited: [{ path: '10.jpg', key: 'input/10.jpg', bytes: 1 }],
        reason: 'You have no permission.',
      },
      ms: 48_100,
    };
    expect(summarize(report)).to.deep.equal([
      '12 files in 48.1 s: 1 made, 1 unchanged, 5 refused, 1 not processed, 2 not uploaded, 1 not begun, 1 not waited for.',
      '2 renditions have 85 kB, their original 1.5 MB: 1.4 MB saved.',
      '4 refused (CorruptImageError): input/3.jpg, input/4.jpg, input/5.jpg and 1 more.',
      '1 refused (UnsupportedImageError): input/2.jpg.',
      '1 not processed (no manifest): input/7.jpg.',
      '1 not uploaded (SlowDown): 8.jpg.',
      String.raw`1 not begun: \u001b9.jpg.`,
      'You have no permission.',
      'To go on, run the same command again.',
      '1 uploaded, not waited for: input/10.jpg.',
    ]);
  });

  it('The summary says nothing of what was saved if the renditions have more bytes, and nothing of them if there are none', () => {
    expect(summarize({ ...NOTHING, ended: [{ ...FILE, bytes: 1000 }] })).to.deep.equal([
      '1 file in 1.0 s: 1 made.',
      '2 renditions have 85 kB, their original 1 kB.',
    ]);
    expect(summarize({ ...NOTHING, ended: [ended('unchanged', 1)] })).to.deep.equal([
      '1 file in 1.0 s: 1 unchanged.',
    ]);
  });

  const local = { path: 'a', key: 'input/a', bytes: 1 };
  for (const [what, report, isAll] of [
    ['made or unchanged', { ended: [FILE, ended('unchanged', 1)] }, true],
    ['refused', { ended: [FILE, ended('refused', 1)] }, false],
    ['not processed', { ended: [ended('not processed', 1)] }, false],
    ['not uploaded', { ended: [ended('not uploaded', 1)] }, false],
    ['unreadable', { unreadable: [{ path: 'a', reason: 'b' }] }, false],
    ['not begun', { unfinished: { notBegun: [local], notAwaited: [] } }, false],
    ['not waited for', { unfinished: { notBegun: [], notAwaited: [local] } }, false],
  ] as const)
    it(`The command ${isAll ? 'succeeds' : 'fails'} if a file is ${what}`, () => {
      expect(isAllMade({ ...NOTHING, ...report })).to.equal(isAll);
    });

  it('One file has its line and no summary; two have one', () => {
    const said: string[] = [];
    const terminal = { say: (text: string) => void said.push(text), startBar: () => undefined };
    const tell = (files: UploadedFile[]) => {
      const lines = createLines(terminal, false);
      lines.begin({ files, unreadable: [] });
      for (const file of files) lines.ended(file);
      lines.finish({ ...NOTHING, ended: files });
    };
    tell([FILE]);
    expect(said).to.have.lengthOf(1);
    tell([FILE, FILE]);
    expect(said).to.have.lengthOf(4);
  });

  for (const [what, count, isVerbose, bars] of [
    ['one file', 1, false, 0],
    ['two files', 2, false, 1],
    ['two files whose renditions are named', 2, true, 0],
  ] as const)
    it(`A terminal has ${bars === 0 ? 'no bar' : 'a bar'} for ${what}`, () => {
      let shown = 0;
      const startBar = () => {
        shown += 1;
        return { update() {}, stop() {} };
      };
      createLines({ say() {}, startBar }, isVerbose).begin({
        files: Array(count).fill(local),
        unreadable: [],
      });
      expect(shown).to.equal(bars);
    });

  it('A terminal gets nothing that steers it, whoever wrote the text', () => {
    const stream = new PassThrough();
    createTerminal(stream).say('a\n\u001b[2Jb');
    expect(String(stream.read())).to.equal('a\n\\u001b[2Jb\n');
  });

  it('A reader of the lines that ends before the work, as head does, does not end the work', () => {
    const stream = new PassThrough();
    createTerminal(stream);
    stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(() => stream.emit('error', new Error('the disk is gone'))).to.throw('the disk is gone');
  });

  it('A program gets a line of JSON for each file, also for those that were never begun', () => {
    const lines: unknown[] = [];
    const teller = createJsonLines((line) => void lines.push(JSON.parse(line)));
    teller.begin({ files: [], unreadable: [{ path: 'dead.jpg', reason: 'it is gone' }] });
    teller.ended(FILE);
    teller.finish({ ...NOTHING, unfinished: { notBegun: [local], notAwaited: [local], reason: 'no' } });
    expect(lines).to.deep.equal([
      { path: 'dead.jpg', reason: 'it is gone', outcome: 'not uploaded' },
      FILE,
      { ...local, outcome: 'not begun', reason: 'no' },
      { ...local, outcome: 'not waited for' },
    ]);
  });
});

import { plainLine } from 'aws-on-one-machine';
import { countRenditions, formatBytes, formatSeconds, sumBytes } from './describe-execution.ts';
import type { ListedFiles, UnreadablePath } from './list-files.ts';
import type { Bar, Terminal } from './terminal.ts';
import { type UnfinishedFiles, type UploadedFile, type UploadTarget, uploadFiles } from './upload-files.ts';

/** How many of the files of one kind a summary names. */
const NAMED = 3;

/** Everything that became of the files of one command. */
export interface UploadReport {
  readonly ended: readonly UploadedFile[];
  readonly unreadable: readonly UnreadablePath[];
  readonly unfinished: UnfinishedFiles;
  readonly ms: number;
}

/** One line for a file; with `isVerbose`, one more for each rendition. */
export function describeUpload(file: UploadedFile, isVerbose = false): string {
  const { path, key, outcome, ms, bytes, renditions, reason, message } = file;
  const why = (separator: string) => [reason, message].filter(Boolean).join(separator);
  const seconds = formatSeconds(ms);
  switch (outcome) {
    case 'not uploaded':
      return plainLine(`${path}  not uploaded: ${why(': ')}`);
    case 'not processed':
      return plainLine(`${key}  not processed: ${why('; ')} (${seconds})`);
    case 'refused':
      return plainLine(`${key}  refused: ${why(': ')} (${seconds})`);
    case 'unchanged':
      return plainLine(`${key}  unchanged (${seconds})`);
    case 'made': {
      const made = `${countRenditions(renditions)}, ${formatBytes(sumBytes(renditions))}`;
      const line = `${key}  ${made} from ${formatBytes(bytes)} (${seconds})`;
      return [line, ...(isVerbose ? renditions.map(describeRendition) : [])].map(plainLine).join('\n');
    }
  }
}

function describeRendition({ key, width, height, bytes }: UploadedFile['renditions'][number]): string {
  return `  ${key}  ${width} × ${height}  ${formatBytes(bytes)}`;
}

function describeUnreadable({ path, reason }: UnreadablePath): string {
  return plainLine(`${path}  not uploaded: ${reason}`);
}

const OUTCOMES: readonly UploadedFile['outcome'][] = [
  'made',
  'unchanged',
  'refused',
  'not processed',
  'not uploaded',
];

function listCounts(counts: readonly (readonly [count: number, word: string])[]): string {
  return counts.flatMap(([count, word]) => (count === 0 ? [] : `${count} ${word}`)).join(', ');
}

/** Who is told what becomes of the files. */
export interface Teller {
  begin(listed: ListedFiles): void;
  ended(file: UploadedFile): void;
  finish(report: UploadReport): void;
}

/** Tells people: by a bar, if somebody watches and does not want to see each file; otherwise by a line for each. */
export function createLines(terminal: Terminal, isVerbose: boolean): Teller {
  const counts = new Map<string, number>();
  let bar: Bar | undefined;
  let done = 0;
  return {
    begin({ files, unreadable }) {
      for (const one of unreadable) terminal.say(describeUnreadable(one));
      if (files.length > 1 && !isVerbose) bar = terminal.startBar(files.length);
    },
    ended(file) {
      done += 1;
      counts.set(file.outcome, (counts.get(file.outcome) ?? 0) + 1);
      if (bar) bar.update(done, listCounts(OUTCOMES.map((one) => [counts.get(one) ?? 0, one])));
      else terminal.say(describeUpload(file, isVerbose));
    },
    finish(report) {
      bar?.stop();
      const isOne = report.ended.length === 1 && report.unfinished.notBegun.length === 0;
      if (!isOne || report.unreadable.length > 0) terminal.say(summarize(report).join('\n'));
    },
  };
}

/** Tells programs: a line of JSON for each file. */
export function createJsonLines(write: (line: string) => void): Teller {
  const tell = (file: object): void => write(JSON.stringify(file));
  return {
    begin: ({ unreadable }) => {
      for (const one of unreadable) tell({ ...one, outcome: 'not uploaded' });
    },
    ended: tell,
    finish: ({ unfinished: { notBegun, notAwaited, reason } }) => {
      for (const file of notBegun) tell({ ...file, outcome: 'not begun', reason });
      for (const file of notAwaited) tell({ ...file, outcome: 'not waited for' });
    },
  };
}

/** Uploads files and tells what becomes of them, until `stopping` aborts. */
export async function sendFiles(
  listed: ListedFiles,
  target: UploadTarget,
  teller: Teller,
  stopping: AbortSignal,
): Promise<UploadReport> {
  const started = performance.now();
  const ended: UploadedFile[] = [];
  teller.begin(listed);
  const tell = (file: UploadedFile): void => {
    ended.push(file);
    teller.ended(file);
  };
  const unfinished = await uploadFiles(listed.files, target, tell, stopping);
  const report = { ended, unreadable: listed.unreadable, unfinished, ms: performance.now() - started };
  teller.finish(report);
  return report;
}

/** Whether the pipeline has made all of the files, now or before. */
export function isAllMade({
  ended,
  unreadable,
  unfinished: { notBegun, notAwaited },
}: UploadReport): boolean {
  return (
    unreadable.length + notBegun.length + notAwaited.length === 0 &&
    ended.every(({ outcome }) => outcome === 'made' || outcome === 'unchanged')
  );
}

/** What became of many files: how many of each kind, the reasons with the first few names, and what is left to do. */
export function summarize({ ended, unreadable, unfinished, ms }: UploadReport): string[] {
  const of = (outcome: UploadedFile['outcome']) => ended.filter((file) => file.outcome === outcome);
  const { notBegun, notAwaited } = unfinished;
  const refused = of('refused').map(({ key, reason: why = '' }) => [why, key] as const);
  const unprocessed = of('not processed').map(({ key, reason: why = '' }) => [why, key] as const);
  const notUploaded = of('not uploaded').map(({ path, reason: why = '' }) => [why, path] as const);
  const counts = [
    [of('made').length, 'made'],
    [of('unchanged').length, 'unchanged'],
    [refused.length, 'refused'],
    [unprocessed.length, 'not processed'],
    [notUploaded.length + unreadable.length, 'not uploaded'],
    [notBegun.length, 'not begun'],
    [notAwaited.length, 'not waited for'],
  ] as const;
  const total = counts.reduce((sum, [count]) => sum + count, 0);
  return [
    `${total} ${total === 1 ? 'file' : 'files'} in ${formatSeconds(ms)}: ${listCounts(counts)}.`,
    ...describeSaving(of('made')),
    ...listReasons('refused', refused),
    ...listReasons('not processed', unprocessed),
    ...listReasons('not uploaded', notUploaded),
    ...(notBegun.length === 0 ? [] : describeNotBegun(unfinished)),
    ...(notAwaited.length === 0
      ? []
      : [`${notAwaited.length} uploaded, not waited for: ${nameFew(notAwaited.map(({ key }) => key))}.`]),
  ];
}

function describeNotBegun({ notBegun, reason }: UnfinishedFiles): string[] {
  return [
    `${notBegun.length} not begun: ${nameFew(notBegun.map(({ path }) => path))}.`,
    ...(reason === undefined ? [] : [reason]),
    'To go on, run the same command again.',
  ];
}

function describeSaving(made: readonly UploadedFile[]): string[] {
  const before = made.reduce((sum, { bytes }) => sum + bytes, 0);
  const renditions = made.flatMap((file) => file.renditions);
  const after = sumBytes(renditions);
  if (renditions.length === 0) return [];
  const have = renditions.length === 1 ? 'has' : 'have';
  const originals = `${have === 'has' ? 'its' : 'their'} ${made.length === 1 ? 'original' : 'originals'}`;
  const saved = before > after ? `: ${formatBytes(before - after)} saved` : '';
  return [
    `${countRenditions(renditions)} ${have} ${formatBytes(after)}, ${originals} ${formatBytes(before)}${saved}.`,
  ];
}

/** A line for each reason, the most frequent one first. */
function listReasons(
  outcome: string,
  reasons: readonly (readonly [reason: string, name: string])[],
): string[] {
  const groups = [...Map.groupBy(reasons, ([reason]) => reason)].toSorted(
    ([, one], [, other]) => other.length - one.length,
  );
  return groups.map(([reason, group]) => {
    const names = nameFew(group.map(([, name]) => name));
    return `${group.length} ${outcome} (${plainLine(reason)}): ${names}.`;
  });
}

function nameFew(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).map(plainLine).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

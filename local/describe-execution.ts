import type { ExecutionResult } from 'aws-on-one-machine';

/** The names of faults of an image or of its key. Every other error leaves the event on UnprocessedUploadsQueue. */
export const REJECTIONS: readonly string[] = [
  'UnsupportedImageError',
  'CorruptImageError',
  'ImageTooLargeError',
  'RenderFailedError',
  'ArchivedObjectError',
  'FunctionEndedError',
  'SourceNotFoundError',
  'KeyTooLongError',
  'InvalidKeyError',
];

/** The key that an execution is about; undefined for a bulk run. */
export function keyOf({ input }: Pick<ExecutionResult, 'input'>): string | undefined {
  const request = parse(input);
  const object = at(at(request, 'detail'), 'object');
  const key = at(request, 'key') ?? at(object, 'key');
  return typeof key === 'string' ? key : undefined;
}

/** Whether the image or the removal has to be tried again. */
export function isUnprocessed({ status, error = '' }: ExecutionResult): boolean {
  return status !== 'SUCCEEDED' && !REJECTIONS.includes(error);
}

/**
 * One line that says what has ended: an upload, a removal, a request for one image, or a bulk run. If it did not succeed,
 * the line has the execution's name, by which log lines and the manifest are found.
 */
export function describeExecution(execution: ExecutionResult): string {
  const { name, status, startDate, stopDate } = execution;
  const seconds = `${((stopDate.getTime() - startDate.getTime()) / 1000).toFixed(1)} s`;
  const key = keyOf(execution);
  if (key === undefined) return `run ${name}  ${describeRun(execution)} (${seconds})`;
  const found = status === 'SUCCEEDED' ? '' : `, execution ${name}`;
  return `${key}  ${describeImage(execution)} (${seconds}${found})`;
}

function describeImage(execution: ExecutionResult): string {
  const { status, stateMachineArn, output, error = status, cause = '' } = execution;
  if (status !== 'SUCCEEDED') {
    // An execution that is stopped or timed out, and a request, leave nothing on the queue.
    const isOnQueue = status === 'FAILED' && stateMachineArn.endsWith(':ResizeUploadStateMachine');
    const failed = isOnQueue ? 'failed and left on UnprocessedUploadsQueue' : 'failed';
    return `${isUnprocessed(execution) ? failed : 'rejected'}: ${error}: ${cause}`;
  }
  const result = parse(output ?? '{}');
  const renditions = at(result, 'renditions');
  const list = Array.isArray(renditions) ? renditions : [];
  switch (at(result, 'status')) {
    case 'RESIZED':
      return `${list.length} renditions, ${kilobytes(list.map((one) => at(one, 'bytes')))}`;
    case 'REMOVED':
      return 'removed';
    default:
      return 'up to date';
  }
}

function describeRun({ status, output, error = status, cause = '' }: ExecutionResult): string {
  const images = at(parse(output ?? '{}'), 'images');
  if (status !== 'SUCCEEDED' || images === undefined) return `${error}: ${cause}`;
  const rejected = Object.entries(Object(at(images, 'rejected')));
  const count = (name: string) => (at(images, name) === undefined ? [] : `${at(images, name)} ${name}`);
  return [
    ...['resized', 'wouldResize', 'unchanged'].flatMap(count),
    ...rejected.map(([reason, number]) => `${number} rejected (${reason})`),
    ...['unprocessed'].flatMap(count),
  ].join(', ');
}

function kilobytes(bytes: readonly unknown[]): string {
  return `${Math.ceil(bytes.reduce<number>((sum, one) => sum + Number(one), 0) / 1000)} kB`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}

import { type ExecutionResult, explainError, plainLine } from 'aws-on-one-machine';

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

/** Where a line says that a person has to look. */
export const LEFT_ON_QUEUE = 'left on UnprocessedUploadsQueue';

/** The key that an execution is about; undefined for a bulk run. */
export function keyOf({ input }: Pick<ExecutionResult, 'input'>): string | undefined {
  const request = parse(input);
  const object = at(at(request, 'detail'), 'object');
  const key = at(request, 'key') ?? at(object, 'key');
  return typeof key === 'string' ? key : undefined;
}

/** The ID of the request to S3 that an execution follows: it tells two uploads of one key apart. */
export function requestIdOf(input: string): string | undefined {
  const id = at(at(parse(input), 'detail'), 'request-id');
  return typeof id === 'string' ? id : undefined;
}

/** Whether the image or the removal has to be tried again. */
export function isUnprocessed({ status, error = '' }: Pick<ExecutionResult, 'status' | 'error'>): boolean {
  return status !== 'SUCCEEDED' && !REJECTIONS.includes(error);
}

/** Why an upload is not processed, and where to look, for who uploaded it. */
export function describeFailure(
  execution: Pick<ExecutionResult, 'name' | 'status' | 'stateMachineArn' | 'error' | 'cause'>,
): { reason: string; message: string } {
  const { name, status, error = status, cause } = execution;
  return {
    reason: explainError(error, cause),
    message: `execution ${name}${isOnQueue(execution) ? `, ${LEFT_ON_QUEUE}` : ''}`,
  };
}

/**
 * One line that says what has ended: an upload, a removal, a request for one image, or a bulk run. If it did not succeed,
 * the line has the execution's name, by which log lines and the manifest are found.
 */
export function describeExecution(execution: ExecutionResult): string {
  const { name, status, startDate, stopDate } = execution;
  const seconds = formatSeconds(stopDate.getTime() - startDate.getTime());
  const key = keyOf(execution);
  if (key === undefined) return plainLine(`run ${name}  ${describeRun(execution)} (${seconds})`);
  const found = status === 'SUCCEEDED' ? '' : `, execution ${name}`;
  return plainLine(`${key}  ${describeImage(execution)} (${seconds}${found})`);
}

function describeImage(execution: ExecutionResult): string {
  const { status, output, error = status, cause } = execution;
  if (status !== 'SUCCEEDED') {
    const why = explainError(error, cause);
    return isUnprocessed(execution)
      ? `not processed${isOnQueue(execution) ? `, ${LEFT_ON_QUEUE}` : ''}: ${why}`
      : `refused: ${why}`;
  }
  const result = parse(output ?? '{}');
  const renditions = at(result, 'renditions');
  const list = Array.isArray(renditions) ? renditions : [];
  switch (at(result, 'status')) {
    case 'RESIZED':
      return `${countRenditions(list)}, ${formatBytes(sumBytes(list))}`;
    case 'REMOVED':
      return 'removed';
    default:
      return 'up to date';
  }
}

/** An execution that is stopped or timed out, and a request, leave nothing on the queue. */
function isOnQueue({
  status,
  stateMachineArn,
}: Pick<ExecutionResult, 'status' | 'stateMachineArn'>): boolean {
  return status === 'FAILED' && stateMachineArn.endsWith(':ResizeUploadStateMachine');
}

function describeRun({ status, output, error = status, cause }: ExecutionResult): string {
  const images = at(parse(output ?? '{}'), 'images');
  if (status !== 'SUCCEEDED' || images === undefined) return explainError(error, cause);
  const rejected = Object.entries(Object(at(images, 'rejected')));
  const count = (name: string, word: string) =>
    at(images, name) === undefined ? [] : [`${at(images, name)} ${word}`];
  return [
    ...count('resized', 'made'),
    ...count('wouldResize', 'to make'),
    ...count('unchanged', 'unchanged'),
    ...rejected.map(([reason, number]) => `${number} refused (${reason})`),
    ...count('unprocessed', 'not processed'),
  ].join(', ');
}

export function sumBytes(renditions: readonly unknown[]): number {
  return renditions.reduce<number>((sum, one) => sum + Number(at(one, 'bytes')), 0);
}

export function countRenditions({ length }: readonly unknown[]): string {
  return `${length} ${length === 1 ? 'rendition' : 'renditions'}`;
}

/** A number of bytes for people, never rounded to 0. */
export function formatBytes(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
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

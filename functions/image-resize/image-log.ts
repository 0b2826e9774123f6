import type { ResizedImage } from './resize-image.ts';

/** The invocation that processed the image. */
export interface Invocation {
  readonly functionName: string;
  readonly requestId: string;
  /** The name of the Step Functions execution. */
  readonly execution?: string | undefined;
}

const NAMESPACE = 'ImagePipeline';

/**
 * Formats the one line that is both the log entry and the metrics of an image, because every line costs. It contains
 * the object's key and its result, a focal point that is none, and nothing of its content but sizes in bytes.
 * Format: "Specification: Embedded metric format", Amazon CloudWatch User Guide.
 */
export function formatImageLog(image: ResizedImage, invocation: Invocation, now = new Date()): string {
  const { status, source, error, renditions, work } = image;
  const { functionName, requestId, execution } = invocation;
  const outcome = outcomeMetric(status);
  const made = status === 'RESIZED' && { RenditionBytes: sum(renditions.map(({ bytes }) => bytes)) };
  const sizes: Record<string, number> = {
    ...(work && { SourceBytes: work.sourceBytes, RenderMilliseconds: work.renderMilliseconds }),
    ...made,
  };
  return JSON.stringify({
    // Lambda's log level filter reads these two. A rejection is a result, so it has the same level as the others.
    level: 'INFO',
    timestamp: now.toISOString(),
    requestId,
    execution,
    key: source.key,
    etag: source.etag,
    status,
    ErrorName: error?.name,
    errorMessage: error?.message,
    ignoredFocalPoint: work?.ignoredFocalPoint,
    FunctionName: functionName,
    ...(outcome && { [outcome]: 1 }),
    ...sizes,
    ...(outcome && {
      _aws: {
        Timestamp: now.getTime(),
        CloudWatchMetrics: [
          // Each set of dimensions is a separate metric, which costs: only rejections are also counted by error name.
          directive([['FunctionName'], ...(error ? [['FunctionName', 'ErrorName']] : [])], [outcome]),
          ...(work ? [directive([['FunctionName']], Object.keys(sizes))] : []),
        ],
      },
    }),
  });
}

function outcomeMetric(status: ResizedImage['status']): string | undefined {
  switch (status) {
    case 'RESIZED':
      return 'ImagesResized';
    case 'UNCHANGED':
      return 'ImagesUnchanged';
    case 'REJECTED':
      return 'ImagesRejected';
    case 'REMOVED':
    case 'WOULD_RESIZE':
      return undefined;
  }
}

function directive(Dimensions: readonly string[][], names: readonly string[]) {
  return { Namespace: NAMESPACE, Dimensions, Metrics: names.map((Name) => ({ Name, Unit: unitOf(Name) })) };
}

function unitOf(name: string): string {
  if (name.endsWith('Bytes')) return 'Bytes';
  return name.endsWith('Milliseconds') ? 'Milliseconds' : 'Count';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

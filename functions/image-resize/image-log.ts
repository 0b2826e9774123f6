import type { ResizedImage } from './resize-image.ts';

/** Who did what is logged. */
export interface Invocation {
  readonly functionName: string;
  readonly requestId: string;
  readonly execution?: string | undefined;
}

const NAMESPACE = 'ImagePipeline';

/**
 * One line for an image, which is its log entry and its metrics at once, in CloudWatch's embedded metric format: a
 * million images cost a million lines. It names the object and what became of it; of its content it tells sizes alone.
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
    // Lambda's log level filter looks for these two; a refusal is a result, so that a stricter level keeps no part of them.
    level: 'INFO',
    timestamp: now.toISOString(),
    requestId,
    execution,
    key: source.key,
    etag: source.etag,
    status,
    ErrorName: error?.name,
    errorMessage: error?.message,
    FunctionName: functionName,
    ...(outcome && { [outcome]: 1 }),
    ...sizes,
    ...(outcome && {
      _aws: {
        Timestamp: now.getTime(),
        CloudWatchMetrics: [
          // Each set of dimensions is a metric of its own, which costs: by error name there are only the rejections.
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

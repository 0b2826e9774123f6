import { expect } from 'chai';
import { formatImageLog } from '../../functions/image-resize/image-log.ts';
import type { ResizedImage } from '../../functions/image-resize/resize-image.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const INVOCATION = { functionName: 'image-resize', requestId: 'r-1', execution: 'monday-run' };
const SOURCE = { bucket: 'originals', key: 'input/cat "1"\n.jpg', etag: 'e1' };
const RENDITIONS = [10, 32].map((bytes) => ({
  name: `r${bytes}`,
  key: `output/cat.jpg/r${bytes}.jpg`,
  url: `r${bytes}.jpg?v=e`,
  width: 8,
  height: 8,
  format: 'jpeg',
  bytes,
  etag: 'e',
}));
const WORK = { sourceBytes: 100, renderMilliseconds: 7 };

const IMAGES = {
  RESIZED: { status: 'RESIZED', source: SOURCE, renditions: RENDITIONS, work: WORK },
  UNCHANGED: { status: 'UNCHANGED', source: SOURCE, renditions: RENDITIONS },
  REJECTED: {
    status: 'REJECTED',
    source: SOURCE,
    renditions: [],
    error: { name: 'CorruptImageError', message: 'Expected an end but received none.' },
    work: WORK,
  },
  REMOVED: { status: 'REMOVED', source: SOURCE, renditions: [] },
} satisfies Record<string, ResizedImage>;

const lineOf = (image: ResizedImage) => formatImageLog(image, INVOCATION, NOW);

/** Every metric that CloudWatch extracts from a line, as "names of its dimensions: name unit value". */
function metricsOf(line: string): string[] {
  const entry = JSON.parse(line);
  const directives: {
    Namespace: string;
    Dimensions: string[][];
    Metrics: { Name: string; Unit: string }[];
  }[] = entry._aws?.CloudWatchMetrics ?? [];
  return directives.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((dimensions) =>
      Metrics.map(({ Name, Unit }) => {
        for (const dimension of dimensions) expect(entry[dimension], dimension).to.be.a('string');
        return `${Namespace} ${dimensions}: ${Name} ${Unit} ${entry[Name]}`;
      }),
    ),
  );
}

describe('The log line of an image', () => {
  it('The log line of an image contains the image, the execution, the invocation and the result, so that all can be searched for', () => {
    expect(JSON.parse(lineOf(IMAGES.REJECTED))).to.deep.include({
      level: 'INFO',
      timestamp: '2026-11-24T12:00:00.000Z',
      requestId: 'r-1',
      execution: 'monday-run',
      key: SOURCE.key,
      etag: 'e1',
      status: 'REJECTED',
      ErrorName: 'CorruptImageError',
      errorMessage: 'Expected an end but received none.',
    });
  });

  it('The log line of an image contains a focal point that was ignored', () => {
    const image = { ...IMAGES.RESIZED, work: { ...WORK, ignoredFocalPoint: 'left' } };
    expect(JSON.parse(lineOf(image))).to.include({ status: 'RESIZED', ignoredFocalPoint: 'left' });
  });

  it('The log line of an image contains no line break, even if the key contains one', () => {
    for (const image of Object.values(IMAGES)) expect(lineOf(image)).not.to.include('\n');
  });

  const metrics: Record<keyof typeof IMAGES, string[]> = {
    RESIZED: [
      'ImagePipeline FunctionName: ImagesResized Count 1',
      'ImagePipeline FunctionName: SourceBytes Bytes 100',
      'ImagePipeline FunctionName: RenderMilliseconds Milliseconds 7',
      'ImagePipeline FunctionName: RenditionBytes Bytes 42',
    ],
    UNCHANGED: ['ImagePipeline FunctionName: ImagesUnchanged Count 1'],
    REJECTED: [
      'ImagePipeline FunctionName: ImagesRejected Count 1',
      'ImagePipeline FunctionName,ErrorName: ImagesRejected Count 1',
      'ImagePipeline FunctionName: SourceBytes Bytes 100',
      'ImagePipeline FunctionName: RenderMilliseconds Milliseconds 7',
    ],
    REMOVED: [],
  };
  for (const [status, expected] of Object.entries(metrics))
    it(`The log line of an image contains ${expected.length} metrics if the status is ${status}`, () => {
      const image = Object.entries(IMAGES).find(([name]) => name === status)?.[1];
      expect(image && metricsOf(lineOf(image))).to.have.members(expected);
    });

  it('The log line of an image has fewer than 1,000 bytes, because a million images write a million lines', () => {
    for (const image of Object.values(IMAGES)) expect(lineOf(image).length).to.be.below(1000);
  });
});

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { bundleImageWorker } from '../support/image-worker.ts';
import { fault, mockS3 } from '../support/in-memory-s3.ts';

const CONTEXT = { awsRequestId: 'r-1', functionName: 'image-resize', getRemainingTimeInMillis: () => 60_000 };

describe('The handler', () => {
  const LAMBDA_TASK_ROOT = bundleImageWorker();
  let s3: ReturnType<typeof mockS3>;
  let handler: typeof import('../../functions/image-resize/handler.ts').handler;
  before(async () => {
    Object.assign(process.env, {
      ORIGINAL_IMAGES_BUCKET: 'originals',
      RESIZED_IMAGES_BUCKET: 'resized',
      LAMBDA_TASK_ROOT,
    });
    ({ handler } = await import('../../functions/image-resize/handler.ts'));
  });
  beforeEach(() => {
    s3 = mockS3();
  });
  afterEach(() => s3.client.restore());

  /** Returns the lines that the function writes to its standard output during a call. */
  async function listen(call: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
    const { write } = process.stdout;
    const { log } = console;
    const lines: string[] = [];
    // Lambda's runtime client replaces console.log like this under the JSON log format.
    console.log = (message: unknown) => lines.push(JSON.stringify({ level: 'INFO', message }));
    process.stdout.write = (text: string | Uint8Array) => lines.push(String(text)) > 0;
    try {
      await call();
    } finally {
      process.stdout.write = write;
      console.log = log;
    }
    return lines.map((line) => JSON.parse(line));
  }

  it('The handler writes one log line for an image, with its execution and its request, and with its metrics at the top level', async () => {
    s3.objects.set('originals/input/text.jpg', Buffer.from('This is no image.'));
    const [line, ...others] = await listen(() =>
      handler({ key: 'input/text.jpg', execution: 'monday-run' }, CONTEXT),
    );
    expect(others).to.deep.equal([]);
    expect(line).to.include({ key: 'input/text.jpg', execution: 'monday-run', requestId: 'r-1' });
    expect(line).to.have.nested.property('_aws.CloudWatchMetrics[0].Namespace', 'ImagePipeline');
    expect(line).to.include({ status: 'REJECTED', ErrorName: 'UnsupportedImageError', SourceBytes: 17 });
  });

  it('The handler writes one log line for each image of a batch', async () => {
    const Items = ['input/', 'input/gone.jpg'].map((Key) => ({ Key, Etag: '"e"' }));
    const lines = await listen(() => handler({ Items, BatchInput: { execution: 'all' } }, CONTEXT));
    expect(lines.map(({ key, status, execution }) => [key, status, execution])).to.deep.equal([
      ['input/', 'UNCHANGED', 'all'],
      ['input/gone.jpg', 'REJECTED', 'all'],
    ]);
  });

  it('The handler writes no log line if it throws, but adds key and execution to the error, which Lambda logs', async () => {
    s3.client.on(GetObjectCommand).rejects(fault('AccessDenied', 403));
    s3.client.on(PutObjectCommand).rejects(fault('AccessDenied', 403));
    const event = { key: 'input/cat.jpg', execution: 'monday-run' };
    const lines = await listen(async () => {
      const error = await handler(event, CONTEXT).catch((thrown: unknown) => thrown);
      expect(error).to.include({ name: 'AccessDenied', ...event });
    });
    expect(lines).to.deep.equal([]);
  });
});

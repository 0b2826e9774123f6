import { expect } from 'chai';
import sharp from 'sharp';
import type { Pipeline } from '../../functions/image-resize/pipeline.ts';
import { readRequest } from '../../functions/image-resize/request.ts';
import { type BatchTools, resizeBatch } from '../../functions/image-resize/resize-batch.ts';
import { type ResizedImage, resizeImage } from '../../functions/image-resize/resize-image.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';
import { mockS3 } from '../support/in-memory-s3.ts';

const KEYS = ['input/a.jpg', 'input/a.jpg-b', 'input/c/d.jpg', 'input/e.jpg'];
const ITEMS = KEYS.map((Key) => ({ Key, Etag: '"e"', Size: 7 }));

describe('A batch', () => {
  let s3: ReturnType<typeof mockS3>;
  let pipeline: Pipeline;
  beforeEach(() => {
    s3 = mockS3();
    pipeline = inMemoryPipeline([{ name: 'thumbnail', width: 8, format: 'jpeg', quality: 80 }]);
  });
  afterEach(() => s3.client.restore());

  function batchOf(event: object) {
    const request = readRequest({ Items: ITEMS, ...event }, 'originals');
    if (request.kind !== 'batch') throw new Error('Expected a batch.');
    return request;
  }

  /** Images that each take as many seconds, of the 60 that the invocation has. */
  function taking(seconds: number): BatchTools {
    let leftMs = 60_000;
    return {
      remainingMs: () => leftMs,
      resize: async ({ key }): Promise<ResizedImage> => {
        leftMs -= seconds * 1000;
        return { status: 'RESIZED', source: { bucket: 'originals', key }, renditions: [] };
      },
    };
  }

  function failingOn(failing: string): BatchTools {
    const { remainingMs, resize } = taking(1);
    return {
      remainingMs,
      resize: async (image, batchPipeline) => {
        if (image.key === failing)
          throw Object.assign(new Error('slow down'), { name: 'StorageThrottledError' });
        return resize(image, batchPipeline);
      },
    };
  }

  it('A batch hands back no image if there is time for every image', async () => {
    expect(await resizeBatch(batchOf({}), pipeline, taking(1))).to.deep.equal({
      resized: 4,
      unchanged: 0,
      rejected: [],
      notBegun: [],
      isOutOfTime: false,
    });
  });

  it('A batch hands back the images that it has no time to begin, in the form in which it received them', async () => {
    const { resized, notBegun } = await resizeBatch(batchOf({}), pipeline, taking(15));
    expect({ resized, notBegun }).to.deep.equal({ resized: 3, notBegun: ITEMS.slice(3) });
  });

  it('A batch begins its first image however little time is left, so that a repeated batch ends', async () => {
    const { resized, notBegun } = await resizeBatch(batchOf({}), pipeline, taking(59));
    expect({ resized, notBegun }).to.deep.equal({ resized: 1, notBegun: ITEMS.slice(1) });
  });

  it('A batch keeps its counts if an image fails: it hands back that image and those after it', async () => {
    const { resized, notBegun } = await resizeBatch(batchOf({}), pipeline, failingOn('input/c/d.jpg'));
    expect({ resized, notBegun }).to.deep.equal({ resized: 2, notBegun: ITEMS.slice(2) });
  });

  it('A batch throws the error of its first image, as only the state machine knows how often to try again', async () => {
    const error = await resizeBatch(batchOf({}), pipeline, failingOn('input/a.jpg')).catch(
      (thrown) => thrown,
    );
    expect(error).to.have.property('name', 'StorageThrottledError');
  });

  it('A batch adds its counts to those of the invocations before it', async () => {
    const rejected = [{ key: 'input/0.jpg', error: { name: 'CorruptImageError', message: 'damaged' } }];
    const counted = { resized: 3, unchanged: 2, rejected };
    const { resized, unchanged, ...rest } = await resizeBatch(batchOf({ counted }), pipeline, taking(1));
    expect({ resized, unchanged }).to.deep.equal({ resized: 7, unchanged: 2 });
    expect(rest.rejected).to.deep.equal(rejected);
  });

  it('A batch begins no image once its EXPRESS execution has no time for another invocation', async () => {
    const executionStarted = new Date(Date.now() - 200_000).toISOString();
    const { resized, notBegun, isOutOfTime } = await resizeBatch(
      batchOf({ executionStarted }),
      pipeline,
      taking(1),
    );
    expect({ resized, notBegun, isOutOfTime }).to.deep.equal({
      resized: 0,
      notBegun: ITEMS,
      isOutOfTime: true,
    });
  });

  it('A batch lists the outputs of all its images with one request, and finds outputs that were overwritten', async () => {
    const image = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#00f' } })
      .jpeg()
      .toBuffer();
    for (const key of KEYS) {
      s3.objects.set(`originals/${key}`, image);
      await resizeImage({ key, force: false, followsFailure: false }, pipeline);
    }
    s3.objects.set('resized/output/c/d.jpg/thumbnail.jpg', Buffer.from('of another upload'));
    s3.calls.length = 0;
    const tools = { remainingMs: () => 60_000, resize: resizeImage };
    const { resized, unchanged } = await resizeBatch(batchOf({}), pipeline, tools);
    expect({ resized, unchanged }).to.deep.equal({ resized: 1, unchanged: 3 });
    expect(s3.calls.filter((call) => call.startsWith('LIST'))).to.deep.equal(['LIST resized/output/']);
  });
});

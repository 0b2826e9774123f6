import { expect } from 'chai';
import { readConfiguration } from '../../functions/image-resize/configuration.ts';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';

const BUCKETS = { ORIGINAL_IMAGES_BUCKET: 'originals', RESIZED_IMAGES_BUCKET: 'resized' };

describe('The configuration', () => {
  it('The configuration uses the default of each limit that no environment variable sets', () => {
    expect(readConfiguration({ ...BUCKETS, MAX_PIXELS: '1000' }).limits).to.deep.equal({
      ...DEFAULT_LIMITS,
      maxPixels: 1000,
    });
  });

  it("The configuration gives the image process the function's memory, except for what the function itself needs", () => {
    const { limits } = readConfiguration({ ...BUCKETS, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769' });
    expect(limits.maxImageMebibytes).to.equal(1419);
    const chosen = { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769', MAX_IMAGE_MEBIBYTES: '600' };
    expect(readConfiguration({ ...BUCKETS, ...chosen }).limits.maxImageMebibytes).to.equal(600);
  });

  it('The configuration reports all bad environment variables in one error', () => {
    const read = () =>
      readConfiguration({ MAX_PIXELS: '-1', MAX_BYTES: '50 MB', RESIZED_IMAGES_BUCKET: 'resized' });
    expect(read)
      .to.throw(/ORIGINAL_IMAGES_BUCKET: .*not set.*MAX_BYTES: .*"50 MB".*MAX_PIXELS: .*"-1"/s)
      .with.property('name', 'ConfigurationError');
  });
});

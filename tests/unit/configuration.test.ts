import { expect } from 'chai';
import { readConfiguration } from '../../functions/image-resize/configuration.ts';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';

const BUCKETS = { ORIGINAL_IMAGES_BUCKET: 'originals', RESIZED_IMAGES_BUCKET: 'resized' };

describe('The configuration', () => {
  it('uses the default of each limit that no environment variable sets', () => {
    expect(readConfiguration({ ...BUCKETS, MAX_PIXELS: '1000' }).limits).to.deep.equal({
      ...DEFAULT_LIMITS,
      maxPixels: 1000,
    });
  });

  it('reports all bad environment variables in one error', () => {
    const read = () =>
      readConfiguration({ MAX_PIXELS: '-1', MAX_BYTES: '50 MB', RESIZED_IMAGES_BUCKET: 'resized' });
    expect(read)
      .to.throw(/ORIGINAL_IMAGES_BUCKET: .*not set.*MAX_BYTES: .*"50 MB".*MAX_PIXELS: .*"-1"/s)
      .with.property('name', 'ConfigurationError');
  });
});

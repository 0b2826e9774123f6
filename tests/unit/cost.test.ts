import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { computeCosts, formatCosts, S3_REQUESTS } from '../../docs/cost.ts';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { resizeImage } from '../../functions/image-resize/resize-image.ts';
import { paintUpright } from '../support/images.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';
import { mockS3 } from '../support/in-memory-s3.ts';

describe('The cost of a million images', () => {
  it('docs/cost.md contains the cost of a million images that docs/cost.ts computes', () => {
    expect(readFileSync('docs/cost.md', 'utf8'), 'run npm run cost').to.equal(formatCosts());
  });

  const bars: readonly [string, number][] = [
    ['uploads', 3.5],
    ['backfill', 3],
  ];
  for (const [design, bar] of bars)
    it(`The events and the orchestration of a million images cost at most $${bar} with the design ${design}`, () => {
      const { designs, lines } = computeCosts();
      const column = designs.indexOf(design);
      const orchestration = lines.filter(({ isOrchestration }) => isOrchestration);
      const dollars = orchestration.reduce((sum, line) => sum + (line.dollars[column] ?? 0), 0);
      expect(dollars).to.be.at.most(bar).and.above(1);
    });

  describe('in S3 requests', () => {
    let s3: ReturnType<typeof mockS3>;
    beforeEach(() => {
      s3 = mockS3();
    });
    afterEach(() => s3.client.restore());

    const count = (...operations: string[]) =>
      s3.calls.filter((call) => operations.includes(call.split(' ')[0] ?? '')).length;
    const run = () =>
      resizeImage(
        { key: 'input/cat.jpg', force: false, followsFailure: false },
        inMemoryPipeline(RENDITIONS),
      );

    it('The cost counts the S3 requests of a new image, and an image that is up to date takes two reads and a listing', async () => {
      s3.objects.set('originals/input/cat.jpg', await paintUpright(2000, 1500).jpeg().toBuffer());
      expect(await run()).to.have.property('status', 'RESIZED');
      expect({ writes: count('PUT'), reads: count('GET', 'HEAD') }).to.deep.equal({
        writes: S3_REQUESTS.writes,
        reads: S3_REQUESTS.reads,
      });
      s3.calls.length = 0;
      expect(await run()).to.have.property('status', 'UNCHANGED');
      expect(s3.calls).to.deep.equal([
        'GET resized/output/cat.jpg/manifest.json',
        'GET originals/input/cat.jpg',
        'LIST resized/output/cat.jpg/',
      ]);
    });
  });
});

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { computeCosts, formatCosts, S3_REQUESTS, S3_REQUESTS_OF_A_REMOVAL } from '../../docs/cost.ts';
import { formatAbuse, readBounds } from '../../docs/cost-abuse.ts';
import { removeImage } from '../../functions/image-resize/remove-image.ts';
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

    it('The cost counts the S3 requests of a removal', async () => {
      s3.objects.set('resized/output/cat.jpg/manifest.json', Buffer.from('{}'));
      const request = { key: 'input/cat.jpg', force: false, followsFailure: false };
      expect(await removeImage(request, inMemoryPipeline(RENDITIONS))).to.have.property('status', 'REMOVED');
      expect({
        lists: count('LIST'),
        reads: count('GET', 'HEAD'),
        deletes: count('DELETE'),
      }).to.deep.equal(S3_REQUESTS_OF_A_REMOVAL);
    });
  });
});

describe('What somebody can cost', () => {
  it('docs/cost-abuse.md contains the figures that docs/cost-abuse.ts computes', () => {
    expect(readFileSync('docs/cost-abuse.md', 'utf8'), 'run npm run cost').to.equal(formatAbuse());
  });

  for (const [parameter, value, figure] of [
    // 2 GB for 86,400 s at $0.0000133334.
    ['MemorySize', '2048', '| 1 | 0.096 | 2.30 |'],
    ['ApiRequestsPerDay', '20000', 'make 20,000 requests a day'],
    // 10 a second for a day after the burst of 100, at $3.50 a million.
    ['ApiRequestsPerSecond', '10', 'at the rate limit, $3.02 a day'],
    ['AlarmInvocationsPerHour', '1000', 'reports more than 1,000 invocations an hour'],
    ['MaxConcurrency', '10', 'at most 20 invocations at once'],
  ] as const)
    it(`The figures of docs/cost-abuse.md follow the parameter ${parameter}`, () => {
      expect(formatAbuse()).not.to.include(figure);
      expect(formatAbuse(readBounds({ [parameter]: value }))).to.include(figure);
    });

  it('Two retriers of the function in each state machine are all that docs/cost-abuse.ts has to count', () => {
    for (const name of ['resize-upload', 'resize-image']) {
      const { States } = JSON.parse(readFileSync(`statemachine/${name}.asl.json`, 'utf8'));
      expect(States.ResizeImage.Retry, name).to.have.length(2);
      expect(States.RecordFailure.Retry, name).to.equal(undefined);
    }
  });
});

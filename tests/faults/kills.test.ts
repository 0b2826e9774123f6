import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { until } from '../support/pipeline.ts';
import { killWhileWorking } from '../support/runtime-kills.ts';
import { startRuntime } from '../support/runtime-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('The runtime', () => {
  it('The runtime loses nothing that it acknowledged when it is killed repeatedly during uploads, removals and bulk runs', async () => {
    const data = temporaryFolder('kills');
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const { acknowledged, startsMs, ...wrong } = await killWhileWorking({ data, kills: 3, seed });
    const nothing = { unprocessed: [], halfWritten: [], unfinished: [], leavings: [], orphans: [] };
    expect(wrong, `SEED=${seed}`).to.deep.equal(nothing);
    expect(startsMs).to.have.length(4);
    expect(acknowledged.uploads).to.be.above(0);
  });

  it('The runtime prints how much work is left when it is stopped during a bulk run, and finishes that work after the next start', async () => {
    const data = temporaryFolder('kills');
    const first = await startRuntime(data);
    const picture = await paintUpright(2000, 1500).jpeg().toBuffer();
    for (const name of ['a', 'b', 'c']) await first.pipeline.uploadAndWait(`input/${name}.jpg`, picture);
    await first.pipeline.post({ force: true }, { 'Idempotency-Key': 'stopped' });
    await first.pipeline.upload('input/d.jpg', picture);
    first.signal('SIGINT');
    expect(await first.exited).to.equal(0);
    expect(first.printed()).to.match(/next start: 1 upload\(s\) or deletion\(s\), 1 execution\(s\)/);
    const second = await startRuntime(data);
    expect(await second.pipeline.getAtEnd('stopped')).to.have.property('status', 'SUCCEEDED');
    await until(() => second.pipeline.manifest('input/d.jpg'), 'the manifest of input/d.jpg');
    await second.killGroup();
  });
});

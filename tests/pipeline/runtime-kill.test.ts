import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { until } from '../support/pipeline.ts';
import { killWhileWorking } from '../support/runtime-kills.ts';
import { startRuntime } from '../support/runtime-process.ts';

describe('The runtime', () => {
  let data: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'runtime-kill-'));
  });
  afterEach(() => rmSync(data, { recursive: true, force: true }));

  it('killed again and again during uploads, removals and bulk runs loses nothing that it acknowledged', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const { acknowledged, startsMs, ...wrong } = await killWhileWorking({ data, kills: 3, seed });
    const nothing = { unprocessed: [], halfWritten: [], unfinished: [], leavings: [], orphans: [] };
    expect(wrong, `SEED=${seed}`).to.deep.equal(nothing);
    expect(startsMs).to.have.length(4);
    expect(acknowledged.uploads).to.be.above(0);
  });

  it('stopped during a bulk run says what it leaves, and the next start finishes that', async () => {
    const said: string[] = [];
    const first = await startRuntime(data, { listen: (text) => said.push(text) });
    const picture = await paintUpright(2000, 1500).jpeg().toBuffer();
    for (const name of ['a', 'b', 'c']) await first.pipeline.uploadAndWait(`input/${name}.jpg`, picture);
    const { body } = await first.pipeline.post({ force: true }, { 'Idempotency-Key': 'stopped' });
    await first.pipeline.upload('input/d.jpg', picture);
    first.signal('SIGINT');
    expect(await first.exited).to.equal(0);
    expect(said.join('')).to.match(/next start: 1 upload\(s\) and 1 execution\(s\)/);
    const second = await startRuntime(data);
    const ended = async () => {
      const { body: found } = await second.pipeline.get('stopped');
      return found.status === 'RUNNING' ? undefined : found.status;
    };
    expect(await until(ended, `the end of ${body.executionArn}`)).to.equal('SUCCEEDED');
    await until(() => second.pipeline.manifest('input/d.jpg'), 'the manifest of input/d.jpg');
    await second.killGroup();
  });
});

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import type { Rendition } from '../../functions/image-resize/image/rendering/render.ts';
import { ImageProcess } from '../../functions/image-resize/image-process.ts';
import { bundleImageWorker } from '../support/image-worker.ts';
import { until } from '../support/pipeline.ts';

const ROWS = [{ name: 'thumbnail', width: 8, format: 'jpeg', quality: 80 }] as const;

describe('The image process', () => {
  const folder = bundleImageWorker();
  const image = sharp({ create: { width: 40, height: 20, channels: 3, background: '#0000ff' } }).png();

  /** A worker whose script is written here; it stands for a decoder that does what a hostile image makes it do. */
  function workerThat(script: string): ImageProcess {
    const file = join(folder, `worker-${readdirSync(folder).length}.js`);
    writeFileSync(file, `process.on('disconnect', () => process.exit());\n${script}`);
    return new ImageProcess(file);
  }

  const READY = `process.send({ kind: 'ready' });`;
  const make = (images: ImageProcess, limits = DEFAULT_LIMITS, deliver = async (_: Rendition) => {}) =>
    images.make(Buffer.from('image'), { rows: ROWS, limits }, deliver);
  const failureOf = (made: Promise<unknown>) =>
    made.then(
      () => 'made',
      (error: Error) => `${error.name}: ${error.message}`,
    );

  it('The image process returns the facts, the placeholder and the renditions that the image core makes', async () => {
    const images = new ImageProcess(join(folder, 'image-worker.js'));
    const renditions: Rendition[] = [];
    const { facts, placeholder } = await images.make(
      await image.toBuffer(),
      { rows: ROWS, limits: DEFAULT_LIMITS },
      async (rendition) => void renditions.push(rendition),
    );
    expect(facts).to.include({ format: 'png', width: 40, height: 20 });
    expect(placeholder.dominantColor).to.equal('#0000ff');
    const [rendition] = renditions;
    expect(rendition).to.include({ name: 'thumbnail', format: 'jpeg', width: 8, height: 4 });
    expect(await sharp(rendition?.body).metadata()).to.include({ format: 'jpeg', width: 8 });
  });

  it('The image process passes on the error of an image under the name of the error', async () => {
    const images = new ImageProcess(join(folder, 'image-worker.js'));
    expect(await failureOf(make(images))).to.match(/^UnsupportedImageError: /);
  });

  it('The image process refuses an image that takes too long, names the limit, and makes the next image', async () => {
    const images = workerThat(`${READY}
      process.on('message', ({ limits }) => {
        if (limits.maxImageSeconds < 1) for (;;);
        process.send({ kind: 'made', made: {} });
      });`);
    const hasty = { ...DEFAULT_LIMITS, maxImageSeconds: 0.2 };
    expect(await failureOf(make(images, hasty))).to.match(/^ImageTooLargeError: .* within 0\.2 seconds/);
    expect(await failureOf(make(images))).to.equal('made');
  });

  it('The image process refuses an image that takes too much memory, and names the memory reached and the memory allowed', async () => {
    const images = workerThat(`${READY}
      const held = [];
      process.on('message', () => setInterval(() => held.push(Buffer.alloc(8 * 2 ** 20, 1)), 5));`);
    const small = { ...DEFAULT_LIMITS, maxImageMebibytes: 150 };
    const failure = await failureOf(make(images, small));
    expect(failure).to.match(/^ImageTooLargeError: .* within 150 MiB of memory but it reached \d+ MiB/);
    expect(Number(/reached (\d+)/.exec(failure)?.[1])).to.be.within(151, 300);
  });

  it('An image that ends two image processes is refused as corrupt, with the name of the signal', async () => {
    const images = workerThat(`${READY}
      process.on('message', () => process.kill(process.pid, 'SIGSEGV'));`);
    expect(await failureOf(make(images))).to.match(/^CorruptImageError: .*SIGSEGV/);
  });

  it('An image is made in a new image process if the first process ended by chance', async () => {
    const images = workerThat(`${READY}
      const { existsSync, writeFileSync } = require('node:fs');
      process.on('message', () => {
        if (existsSync(__filename + '.tried')) return process.send({ kind: 'made', made: {} });
        writeFileSync(__filename + '.tried', '');
        process.exit(1);
      });`);
    expect(await failureOf(make(images))).to.equal('made');
  });

  it('An image process that cannot start throws ImageProcessError and blames no image', async () => {
    const images = workerThat(`throw new Error('sharp is missing');`);
    expect(await failureOf(make(images))).to.match(/^ImageProcessError: .* could not start/);
  });

  it('The image process throws what a delivery throws, and does not mix the renditions of two images', async () => {
    const images = workerThat(`${READY}
      let count = 0;
      process.on('message', () => {
        const name = 'of image ' + (count += 1);
        const timer = setInterval(() => process.send({ kind: 'rendition', rendition: { name } }), 5);
        setTimeout(() => { clearInterval(timer); process.send({ kind: 'made', made: {} }); }, 60);
      });`);
    const failing = make(images, DEFAULT_LIMITS, () => Promise.reject(new Error('S3 is away')));
    expect(await failureOf(failing)).to.equal('Error: S3 is away');
    const names = new Set<string>();
    await make(images, DEFAULT_LIMITS, async ({ name }) => void names.add(name));
    expect([...names]).to.deep.equal(['of image 1']);
  });

  it('The function leaves no image process behind when it ends', async () => {
    const pid = join(folder, 'pid');
    const worker = join(folder, 'worker-with-pid.js');
    writeFileSync(
      worker,
      `require('node:fs').writeFileSync(${JSON.stringify(pid)}, String(process.pid)); require('./image-worker.js');`,
    );
    const code = new URL('../../functions/image-resize/image-process.ts', import.meta.url).href;
    const script = `new (await import(${JSON.stringify(code)})).ImageProcess(${JSON.stringify(worker)})`;
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
    await until(async () => isWritten(pid), 'the image process');
    owner.kill('SIGKILL');
    await until(
      async () => !isAlive(Number(readFileSync(pid, 'utf8'))),
      'the end of the image process',
      5_000,
    );
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isWritten(file: string): boolean {
  try {
    return readFileSync(file, 'utf8') !== '';
  } catch {
    return false;
  }
}

/**
 * node bench/studio-scroll.ts [IMAGES=3000] [DATA]
 *
 * Measures the studio's gallery with many images. Uploads IMAGES JPEGs of 640 × 480 pixels to a local runtime and waits
 * until each has its manifest; a folder DATA keeps them for the next time. Then opens the page in Chromium and prints the
 * time to the first picture, the frames a second while the whole gallery is scrolled, the memory at its highest, and the
 * size of the page's own code. Exits with 1 if a figure misses its limit.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { inParallel } from '../tests/support/in-parallel.ts';
import { type PipelineUnderTest, startPipeline, until } from '../tests/support/pipeline.ts';

const images = Number(process.argv[2] ?? 3000);
const data = process.argv[3] ?? mkdtempSync(join(tmpdir(), 'studio-scroll-'));
/** Different pictures, so that the browser cannot keep one for all. */
const PICTURES = 50;
const UPLOADS_AT_ONCE = 8;
/** A screen of 1600 × 1000 pixels in a second, which is fast for a wheel. */
const PIXELS_A_SECOND = 1000;
const SCROLL_SECONDS = 20;

const LIMITS = { firstPictureMs: 1000, framesASecond: 50, memoryMb: 200, codeKb: 150 };

const pipeline = await startPipeline({ data });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await fill(pipeline);
  const codeKb = await measureCode(pipeline.addresses.states);
  const page = await (await browser.newContext({ viewport: { width: 1600, height: 1000 } })).newPage();
  const coldMs = await openGallery(page, pipeline.addresses.states);
  const firstPictureMs = await openGallery(page, pipeline.addresses.states);
  const memory = await watchMemory(browser, page);
  const { framesASecond, slowest } = await scroll(page);
  const { heapMb, processMb } = memory.stop();
  const jumpMs = await jumpToTheEnd(page);
  console.log(`${images} images`);
  report(
    'first picture',
    `${Math.round(firstPictureMs)} ms, and ${Math.round(coldMs)} ms when the page is opened for the first time`,
    firstPictureMs <= LIMITS.firstPictureMs,
    '1 s',
  );
  report(
    'scrolling',
    `${framesASecond.toFixed(1)} frames a second, the slowest after ${Math.round(slowest)} ms`,
    framesASecond >= LIMITS.framesASecond,
    '50',
  );
  report(
    'memory',
    `${heapMb} MB of JavaScript, ${processMb} MB of the page's process`,
    processMb <= LIMITS.memoryMb,
    '200 MB',
  );
  report('code', `${codeKb.toFixed(1)} kB compressed`, codeKb <= LIMITS.codeKb, '150 kB');
  console.log(`to the end     ${Math.round(jumpMs)} ms until the last picture`);
} finally {
  await browser.close();
  await pipeline.stop();
  if (process.argv[3] === undefined) rmSync(data, { recursive: true, force: true });
}

function report(what: string, figure: string, isMet: boolean, limit: string): void {
  console.log(`${what.padEnd(15)}${figure}, limit ${limit}${isMet ? '' : ': MISSED'}`);
  if (!isMet) process.exitCode = 1;
}

async function fill(target: PipelineUnderTest): Promise<void> {
  const isManifest = (key: string) => key.endsWith('/manifest.json');
  const count = async () => (await target.outputs()).filter(isManifest).length;
  if ((await count()) >= images) return;
  const pictures = await Promise.all(Array.from({ length: PICTURES }, (_, index) => paint(index)));
  const indexes = Array.from({ length: images }, (_, index) => index);
  await inParallel(indexes, UPLOADS_AT_ONCE, async (index) => {
    const key = `input/${2000 + (index % 26)}/photograph-${String(index).padStart(5, '0')}.jpg`;
    await target.upload(key, pictures[index % PICTURES] ?? '');
  });
  await until(async () => (await count()) >= images, `${images} manifests`, 1_800_000, 2000);
}

/** A part of the sample photograph in a colour of its own. */
function paint(index: number): Promise<Buffer> {
  return sharp('local/sample/dandelion.jpg')
    .extract({ left: index * 60, top: index * 40, width: 1280, height: 960 })
    .resize(640, 480)
    .modulate({ hue: index * 29 })
    .jpeg()
    .toBuffer();
}

async function measureCode(origin: string): Promise<number> {
  const sizes = await Promise.all(
    ['main.js', 'main.css'].map(async (name) => {
      const answer = await fetch(`${origin}/studio/${name}`);
      return gzipSync(Buffer.from(await answer.arrayBuffer())).length;
    }),
  );
  return sizes.reduce((sum, size) => sum + size) / 1000;
}

/** @returns milliseconds from the navigation until a picture is loaded. */
async function openGallery(page: Page, origin: string): Promise<number> {
  await page
    .context()
    .addInitScript(`globalThis.firstPictureMs = undefined; document.addEventListener('load', ({ target }) => {
    if (target.closest?.(".tile")) globalThis.firstPictureMs ??= performance.now();
  }, true)`);
  await page.goto(`${origin}/`);
  const ms = await until(
    async () => Number(await page.evaluate('firstPictureMs ?? 0')) || undefined,
    'the first picture',
  );
  const count = `Number(document.querySelector('.gallery li').ariaSetSize)`;
  await until(async () => Number(await page.evaluate(count)) >= images, 'the whole list');
  return ms;
}

interface Memory {
  readonly heapMb: number;
  readonly processMb: number;
}

/** Looks at the memory of the page's process twice a second. */
async function watchMemory(of: Browser, page: Page): Promise<{ stop: () => Memory }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const processId = await findProcess(await of.newBrowserCDPSession());
  let highest: Memory = { heapMb: 0, processMb: 0 };
  const look = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
    highest = {
      heapMb: Math.max(highest.heapMb, Math.round(heap / 1e6)),
      processMb: Math.max(highest.processMb, privateMb(processId)),
    };
  };
  const timer = setInterval(() => void look(), 500);
  return {
    stop: () => {
      clearInterval(timer);
      return highest;
    },
  };
}

/** The process that shows pages and has used the CPU most. */
async function findProcess(session: CDPSession): Promise<number> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const [renderer] = processInfo
    .filter(({ type }) => type === 'renderer')
    .sort((a, b) => b.cpuTime - a.cpuTime);
  if (!renderer) throw new Error('Expected a process of Chromium that shows the page but found none.');
  return renderer.id;
}

/** What belongs to this process alone: the code of Chromium is shared with the others. */
function privateMb(processId: number): number {
  const text = readFileSync(`/proc/${processId}/smaps_rollup`, 'utf8');
  const kilobytes = [...text.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)].map(([, size]) => Number(size));
  return Math.round(kilobytes.reduce((sum, size) => sum + size, 0) / 1000);
}

/** @returns how often the page was drawn, and the longest that it was not, in milliseconds. */
async function scroll(page: Page): Promise<{ framesASecond: number; slowest: number }> {
  const gaps = (await page.evaluate(`new Promise((done) => {
    const gaps = [];
    const started = performance.now();
    let last = started;
    const step = (now) => {
      gaps.push(now - last);
      last = now;
      if (now - started > ${SCROLL_SECONDS * 1000}) return done(gaps.slice(1));
      scrollTo(0, (now - started) / 1000 * ${PIXELS_A_SECOND});
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`)) as number[];
  const seconds = gaps.reduce((sum, gap) => sum + gap, 0) / 1000;
  return { framesASecond: gaps.length / seconds, slowest: Math.max(...gaps) };
}

/** @returns milliseconds from the End key until the last picture is loaded. */
async function jumpToTheEnd(page: Page): Promise<number> {
  const started = performance.now();
  await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
  const last = `document.querySelector('.gallery li[aria-posinset="${images}"] .is-drawn') !== null`;
  await until(async () => (await page.evaluate(last)) === true, 'the last picture');
  return performance.now() - started;
}

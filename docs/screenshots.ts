/**
 * npm run screenshots: writes docs/images/studio-*.webp, the views of the studio with what a user might have: a folder of 200
 * photographs, a few files that are refused, a bulk run, and a message on the queue. Needs Chromium.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { inParallel } from '../tests/support/in-parallel.ts';
import { type PipelineUnderTest, startPipeline } from '../tests/support/pipeline.ts';

const PHOTOGRAPHS = 200;
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 800 };
const SUBJECTS = ['meadow', 'dandelion', 'sunset', 'seeds', 'grass', 'evening-light'];

interface View {
  readonly name: string;
  readonly hash: string;
  readonly isDark?: boolean;
  readonly size?: typeof WIDE;
  /** Brings the page into the state that is shown. */
  readonly act?: (page: Page, pipeline: PipelineUnderTest) => Promise<void>;
}

const VIEWS: readonly View[] = [
  { name: 'images', hash: '#/images', act: picturesShown },
  { name: 'images-dark', hash: '#/images', isDark: true, act: picturesShown },
  { name: 'upload', hash: '#/images', act: uploadOne },
  { name: 'refusals', hash: '#/images', act: uploadRefused },
  { name: 'compare', hash: '#/images/input%2F2026%2Fspring%2Fmeadow-000.jpg', act: picturesShown },
  { name: 'narrow', hash: '#/images', size: NARROW, isDark: true, act: picturesShown },
  { name: 'executions', hash: '#/executions', act: picturesShown },
  { name: 'execution', hash: '#/executions', act: openRun },
  { name: 'queue', hash: '#/queue', isDark: true, act: picturesShown },
];

const folder = mkdtempSync(join(tmpdir(), 'screenshots-'));
const pipeline = await startPipeline();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await fill(pipeline);
  for (const view of VIEWS) await take(browser, view);
} finally {
  await browser.close();
  await pipeline.stop();
  rmSync(folder, { recursive: true });
}

async function take(of: Browser, { name, hash, isDark = false, size = WIDE, act }: View): Promise<void> {
  const context = await of.newContext({ viewport: size, colorScheme: isDark ? 'dark' : 'light' });
  const page = await context.newPage();
  await page.goto(`${pipeline.addresses.states}/${hash}`);
  await page.getByText('Drop images or folders').waitFor();
  await act?.(page, pipeline);
  await sharp(await page.screenshot())
    .webp({ quality: 80 })
    .toFile(`docs/images/studio-${name}.webp`);
  await context.close();
}

/** Waits until nothing is loaded any more. */
async function picturesShown(page: Page): Promise<void> {
  await page.waitForTimeout(2500);
}

async function uploadOne(page: Page): Promise<void> {
  await choose(page, [save('evening-walk.jpg', await photograph(7, 2400))]);
  await page.locator('.upload-card').getByText('Made', { exact: true }).waitFor();
  await picturesShown(page);
}

async function uploadRefused(page: Page): Promise<void> {
  const files = [
    save(
      'notes from the meeting, with everything that was said on all three days.jpg',
      Buffer.from('Monday: …'),
    ),
    save(
      'broken-scan.png',
      (
        await sharp(await photograph(3))
          .png()
          .toBuffer()
      ).subarray(0, 40_000),
    ),
    save('orchard.jpg', await photograph(9, 1600)),
  ];
  await choose(page, files);
  await page.getByText('3 of 3 ended').waitFor();
  await picturesShown(page);
}

async function openRun(page: Page): Promise<void> {
  await page.locator('main table a').first().click();
  await picturesShown(page);
}

function choose(page: Page, files: string[]): Promise<void> {
  return page.locator('input[type=file]').first().setInputFiles(files);
}

function save(name: string, bytes: Buffer): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

/** A part of the sample photograph, in the light of another hour. */
function photograph(index: number, width = 900): Promise<Buffer> {
  const side = 1200 + ((index * 577) % 1700);
  return sharp('local/sample/dandelion.jpg')
    .extract({
      left: (index * 911) % (5312 - side - 400),
      top: (index * 337) % (2988 - side),
      width: side + 400,
      height: side,
    })
    .resize(width)
    .modulate({
      hue: ((index * 47) % 70) - 35,
      saturation: 0.7 + (index % 5) * 0.15,
      brightness: 0.85 + (index % 7) * 0.06,
    })
    .jpeg({ quality: 88 })
    .toBuffer();
}

async function fill(target: PipelineUnderTest): Promise<void> {
  await inParallel(Array(PHOTOGRAPHS).keys(), 4, async (index) => {
    const season = ['spring', 'summer', 'autumn', 'winter'][Math.floor(index / 50)];
    const subject = SUBJECTS[index % SUBJECTS.length];
    const key = `input/2026/${season}/${subject}-${String(index).padStart(3, '0')}.jpg`;
    await target.uploadAndWait(key, await photograph(index));
  });
  await target.uploadAndWait('input/2026/spring/list of plants.jpg', 'Dandelion, clover, yarrow');
  await target.process({});
  await target.process({ prefix: 'input/2026/spring/', force: true });
  await target.leaveUnprocessed({
    source: 'upload',
    key: 'input/2026/spring/meadow-012.jpg',
    error: { Error: 'Lambda.TooManyRequestsException', Cause: 'Rate exceeded' },
  });
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { expect } from 'chai';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { colourAt } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { limitUploads, useChromium } from './chromium.ts';
import { measureShifts, shiftsOf } from './layout-shifts.ts';

const folder = temporaryFolder('page');
const save = (name: string, bytes: Buffer): string => {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
};

/** 12 megapixels as a phone stores them: on their side, with the orientation in EXIF. Upright, a corner is green. */
async function phonePhotograph(): Promise<Buffer> {
  const [width, height] = [3024, 4032];
  const mark = { create: { width: 600, height: 600, channels: 3 as const, background: '#00ff00' } };
  const upright = await sharp('local/sample/dandelion.jpg')
    .resize(width, height, { fit: 'cover' })
    .composite([{ input: mark, left: 0, top: 0 }])
    .jpeg({ quality: 100 })
    .toBuffer();
  return sharp(upright).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 92 }).toBuffer();
}

const disc = Buffer.from(
  '<svg width="600" height="400"><circle cx="300" cy="200" r="150" fill="#0a7"/></svg>',
);

describeLocally('The example page', 'npm start serves it', () => {
  const openPage = useChromium();
  let pipeline: PipelineUnderTest;
  before(async () => {
    pipeline = await startPipeline();
  });
  after(() => pipeline?.stop());

  const open = async (options?: BrowserContextOptions) => {
    const page = await openPage(options);
    await measureShifts(page);
    await page.goto(pipeline.addresses.page ?? '');
    return page;
  };
  const said = async (page: Page, text: RegExp): Promise<string> => {
    await page.getByRole('status').filter({ hasText: text }).waitFor();
    return (await page.getByRole('status').textContent()) ?? '';
  };
  const shown = (page: Page) => page.locator('figcaption', { hasText: /shown as/ }).waitFor();
  const choose = (page: Page, file: string) => page.getByLabel('Choose an image').setInputFiles(file);

  it('A photograph of 12 megapixels from a phone is uploaded and shown upright, from AVIF', async () => {
    // High enough for the whole picture: Chromium may not have painted yet what lies outside its window.
    const page = await open({ viewport: { width: 1280, height: 1600 } });
    await choose(page, save('phone.jpg', await phonePhotograph()));
    await shown(page);
    const [, seconds] =
      /, 3024 × 4032, shown as AVIF after (.+) s$/.exec(await page.locator('figcaption').innerText()) ?? [];
    // In less than three on a machine that does nothing else.
    expect(Number(seconds)).to.be.below(60);

    const image = page.getByRole('img', { name: 'phone.jpg' });
    const { source, width, height } = await image.evaluate((element) => {
      const { currentSrc, naturalWidth, naturalHeight } = element as HTMLImageElement;
      return { source: currentSrc, width: naturalWidth, height: naturalHeight };
    });
    expect(source).to.match(/\.avif\?v=[0-9a-f]{12}$/);
    expect(height / width).to.be.closeTo(4 / 3, 0.01);
    await image.scrollIntoViewIfNeeded();
    const isGreen = async (pixels: Buffer, x: number, y: number) => {
      const [red = 0, green = 0, blue = 0] = await colourAt(pixels, x, y);
      return green > 200 && red < 60 && blue < 60;
    };
    const pixels = await until(async () => {
      const taken = await image.screenshot();
      return (await isGreen(taken, 0.1, 0.1)) && taken;
    }, 'the green mark at the top left');
    for (const [x, y] of [
      [0.9, 0.1],
      [0.1, 0.9],
      [0.9, 0.9],
    ] as const)
      expect(await isGreen(pixels, x, y), `${x}, ${y}`).to.equal(false);
    expect(await shiftsOf(page)).to.equal(0);
  });

  it('The progress of an upload is shown, from its start to its end, and then the wait for the renditions', async () => {
    const page = await open();
    await limitUploads(page, 2_000_000);
    await page.evaluate(() => {
      const steps: number[] = [];
      Object.assign(window, { steps });
      const bar = document.querySelector('progress');
      new MutationObserver(() => bar?.hasAttribute('value') && steps.push(bar.value)).observe(bar as Node, {
        attributes: true,
      });
    });
    await choose(page, save('slow.jpg', await phonePhotograph()));
    await said(page, /^Uploading slow\.jpg/);
    await said(page, /^Uploaded\. Making its renditions/);
    await shown(page);

    const steps = (await page.evaluate('steps')) as number[];
    expect(steps.length).to.be.above(3);
    expect(steps).to.deep.equal(steps.toSorted((a, b) => a - b));
    expect(steps[0]).to.be.below(0.5);
    expect(await shiftsOf(page)).to.equal(0);
  });

  it('A name of 240 letters is broken into lines, so that a narrow page does not move sideways', async () => {
    const page = await open({ viewport: { width: 360, height: 800 } });
    await choose(page, save(`${'n'.repeat(236)}.png`, await sharp(disc).png().toBuffer()));
    await shown(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(360);
  });

  it('A text file named .jpg is refused in words', async () => {
    const page = await open();
    await choose(page, save('notes.jpg', Buffer.from('These are my notes.\n'.repeat(50))));
    expect(await said(page, /could not be used/)).to.match(
      /^notes\.jpg could not be used\. Expected .+ \(UnsupportedImageError\)$/,
    );
  });

  it('A file of another type is refused in words, before it is sent', async () => {
    const page = await open();
    await choose(page, save('notes.txt', Buffer.from('These are my notes.')));
    expect(await said(page, /could not be used/)).to.match(
      /^notes\.txt .+ expected .+text\/plain.* \(UploadRefusedError\)$/,
    );
  });

  it('A file of more than 50 MiB is refused before it is sent, and by S3 if the page claims that it is smaller', async () => {
    const huge = save('huge.jpg', Buffer.alloc(51 * 1024 * 1024));
    const page = await open();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).origin}`));
    await choose(page, huge);
    expect(await said(page, /could not be used/)).to.match(/52428800.+\(UploadRefusedError\)$/);
    expect(sent).not.to.include(`POST ${pipeline.addresses.s3}`);

    // The browser tells a page nothing when the same file is chosen again.
    await page.reload();
    await page.route('**/uploads', (route) => {
      const claim = { ...route.request().postDataJSON(), bytes: 1000 };
      return route.continue({ postData: JSON.stringify(claim) });
    });
    await choose(page, huge);
    expect(await said(page, /could not be used/)).to.match(
      /^huge\.jpg could not be used\. .+ \(EntityTooLarge\)$/,
    );
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`A transparent logo has nothing but the page behind it, in ${colorScheme} colours`, async () => {
      const page = await open({ colorScheme });
      await choose(page, save('logo.png', await sharp(disc).png().toBuffer()));
      await shown(page);
      const ground = await colourAt(await page.screenshot(), 0.001, 0.001);
      const pixels = await until(async () => {
        const taken = await page.getByRole('img', { name: 'logo.png' }).screenshot();
        const [red = 0, green = 0] = await colourAt(taken, 0.5, 0.5);
        return green > red + 100 && taken;
      }, 'the green disc');
      expect(await colourAt(pixels, 0.1, 0.5)).to.deep.equal(ground);
    });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`axe finds nothing in ${colorScheme} colours, at any width, before, after and without a picture`, async () => {
      const page = await open({ colorScheme, viewport: { width: 360, height: 800 } });
      const check = async () => {
        for (const width of [360, 800, 1600]) {
          await page.setViewportSize({ width, height: 800 });
          expect(await page.evaluate('axe.run().then(({ violations }) => violations)')).to.deep.equal([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).to.equal(
            true,
          );
        }
      };
      await page.evaluate(axe.source);
      await page.getByText('Upload to a deployed stack').click();
      await check();
      await choose(page, save('notes.txt', Buffer.from('These are my notes.')));
      await said(page, /could not be used/);
      await check();
      await choose(page, save('small.jpg', readFileSync('local/sample/dandelion.jpg')));
      await shown(page);
      await check();
    });

  it('A file that is dropped anywhere on the page is uploaded', async () => {
    const page = await open();
    const data = await page.evaluateHandle(
      (base64) => {
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], 'dropped.png', { type: 'image/png' }));
        return transfer;
      },
      (await sharp(disc).png().toBuffer()).toString('base64'),
    );
    await page.dispatchEvent('h1', 'drop', { dataTransfer: data });
    await shown(page);
    expect(await page.getByRole('img', { name: 'dropped.png' }).count()).to.equal(1);
  });

  it('The keyboard reaches everything: Tab and Enter choose a file and stop the upload', async () => {
    const page = await open();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/uploads', async (route) => {
      await released;
      await route.abort();
    });
    await page.keyboard.press('Tab');
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')]);
    await chooser.setFiles(save('logo.png', await sharp(disc).png().toBuffer()));
    await said(page, /^Uploading logo\.png/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await said(page, /^Stopped/);
    expect(
      await page.getByLabel('Choose an image').evaluate((input) => input === document.activeElement),
    ).to.equal(true);
    release();
  });

  it('The page uploads to the stack whose URL is in its address, with the API key that is typed in', async () => {
    const page = await openPage();
    await page.goto(`${pipeline.addresses.page}?uploads=https://api.example/prod/uploads`);
    const asked = page.waitForRequest('https://api.example/prod/uploads');
    await page.route('https://api.example/prod/uploads', (route) =>
      route.fulfill({
        status: 403,
        json: { message: 'Forbidden' },
        headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' },
      }),
    );
    await page.getByLabel('API key').fill('secret');
    await choose(page, save('logo.png', await sharp(disc).png().toBuffer()));
    expect(await said(page, /could not be used/)).to.match(/Forbidden \(UploadRefusedError\)$/);
    expect(await (await asked).headerValue('x-api-key')).to.equal('secret');
  });
});

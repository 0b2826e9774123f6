import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { explainRefusal, REASONS } from '../../local/studio/page/images/refusal-reasons.ts';
import { colourAt } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { limitUploads, useChromium } from './chromium.ts';
import { dropPaths, expectAccessible, tabTo } from './studio-page.ts';

const folder = temporaryFolder('studio');
const save = (name: string, bytes: Buffer): string => {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
};
const photograph = (width = 1200): Promise<Buffer> =>
  sharp('local/sample/dandelion.jpg').resize(width).jpeg().toBuffer();
const dot = (colour: string): Promise<Buffer> =>
  sharp({ create: { width: 48, height: 36, channels: 3, background: colour } })
    .png()
    .toBuffer();

describeLocally('Images in the studio', 'npm start serves it', () => {
  const openPage = useChromium();
  let pipeline: PipelineUnderTest;
  before(async () => {
    pipeline = await startPipeline();
    await pipeline.uploadAndWait('input/notes.jpg', 'These are my notes, and no picture.');
    await pipeline.uploadAndWait('input/2026/meadow.jpg', await photograph());
  });
  after(() => pipeline?.stop());

  const open = async (hash = '', options?: BrowserContextOptions) => {
    const page = await openPage(options);
    await page.goto(`${pipeline.addresses.states}/${hash}`);
    // A details dialog makes the rest inert.
    await page.locator('button', { hasText: 'Choose images' }).waitFor();
    return page;
  };
  const choose = (page: Page, ...files: string[]) =>
    page.getByLabel('Choose images').and(page.locator('input')).setInputFiles(files);
  const card = (page: Page, name: string) =>
    page.getByRole('region', { name: 'Uploads' }).locator('li', { hasText: name });
  const tile = (page: Page, name: string) =>
    page.getByRole('list', { name: 'Images' }).getByRole('link', { name });

  it('An image that is chosen is uploaded, made, and shown with its renditions', async () => {
    const page = await open();
    await choose(page, save('hill.jpg', await photograph(1600)));
    await card(page, 'hill.jpg').getByText('Made', { exact: true }).waitFor();
    expect(await card(page, 'hill.jpg').innerText()).to.match(
      new RegExp(
        String.raw`${RENDITIONS.length} renditions, \d+ kB together: \d+\s% of the original[\s\S]+\$0\.0000\d\d on AWS for this upload; a million: \$\d\d`,
      ),
    );
    await tile(page, 'hill.jpg').locator('canvas.is-drawn').waitFor();
    await tile(page, 'hill.jpg').click();

    const dialog = page.getByRole('dialog', { name: 'hill.jpg' });
    const rows = await dialog.getByRole('table').locator('tbody tr').allInnerTexts();
    expect(rows.map((row) => row.split('\t')[0])).to.deep.equal(RENDITIONS.map(({ name }) => name));
    expect(rows.find((row) => row.startsWith('small'))).to.match(/^small\t640 × 360\tAVIF\t\d+ kB\s+\d+\s%$/);
    expect(await dialog.locator('pre').first().innerText()).to.match(
      new RegExp(
        `^<picture>\\n  <source type="image/avif" srcset="${pipeline.addresses.images}/hill.jpg/small.avif\\?v=`,
      ),
    );
  });

  it('Files and folders that are dropped anywhere are uploaded under their paths, without hidden files', async () => {
    save('trip/2026/red.png', await dot('#f00'));
    save('trip/2026/green.png', await dot('#0f0'));
    save('trip/.thumbnails/red.png', await dot('#f00'));
    save('trip/.DS_Store', Buffer.from('hidden'));
    const page = await open('#/queue');
    await dropPaths(page, [join(folder, 'trip'), save('blue.png', await dot('#00f'))]);
    await page.getByText('3 of 3 ended: 3 made.').waitFor();
    const keys = (await pipeline.outputs()).filter((key) => /(trip|blue).*manifest/.test(key));
    expect(keys).to.deep.equal([
      'output/blue.png/manifest.json',
      'output/trip/2026/green.png/manifest.json',
      'output/trip/2026/red.png/manifest.json',
    ]);
  });

  it('A picture that is pasted is uploaded under a name with the time', async () => {
    const page = await open();
    await page.evaluate(
      (base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
        document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
      },
      (await dot('#ff0')).toString('base64'),
    );
    await card(page, `pasted-${new Date().getUTCFullYear()}`).getByText('Made', { exact: true }).waitFor();
  });

  it('A refusal is explained in plain words, with what to do, on its card, its tile and its details', async () => {
    const page = await open();
    await choose(page, save('letter.jpg', Buffer.from('Dear reader, this is no picture.')));
    const words =
      'The pipeline does not accept this kind of file. Convert it to JPEG, PNG, WebP, AVIF, GIF or TIFF';
    await card(page, 'letter.jpg').getByText('Refused').first().waitFor();
    expect(await card(page, 'letter.jpg').innerText())
      .to.contain(words)
      .and.to.contain('UnsupportedImageError');
    expect(await tile(page, 'notes.jpg').innerText()).to.match(/Refused: The pipeline does not accept/);
    await tile(page, 'notes.jpg').click();
    expect(await page.getByRole('dialog').innerText()).to.contain(words);
  });

  it('The whole reason of every refusal is readable in the gallery, on the narrowest screen', async () => {
    const page = await open('', { viewport: { width: 360, height: 800 } });
    // Tiles out of view do not exist.
    await page.getByRole('searchbox', { name: 'Search by key' }).fill('notes.jpg');
    const box = tile(page, 'notes.jpg').locator('.tile-picture');
    await box.getByText('Refused:').waitFor();
    for (const { words } of [
      ...Object.values(REASONS),
      explainRefusal({ name: 'UnsupportedImageError', message: 'HEIC' }, { acceptHeic: false }),
    ]) {
      const cut = await box.evaluate((element, text) => {
        const said = element.querySelector(':scope > span');
        if (said) said.textContent = `✕ Refused: ${text}`;
        return element.scrollHeight - element.clientHeight + element.scrollWidth - element.clientWidth;
      }, words);
      expect(cut, words).to.equal(0);
    }
  });

  it('The slider shows the original on its left and the chosen rendition on its right, pixel by pixel', async () => {
    // A rendition that differs from its original, so that each side can be told.
    await pipeline.uploadAndWait('input/two.png', await dot('#f00'));
    const page = await open('#/images/input%2Ftwo.png');
    await page.route(/fallback\.jpg/, async (route) => route.fulfill({ body: await dot('#00f') }));
    const slider = page.getByRole('slider');
    await page.getByLabel('On the right').selectOption('fallback');
    await page.getByLabel('Zoom').selectOption({ label: '1:1, pixels of fallback' });
    await until(
      async () => (await slider.evaluate((element) => element.clientWidth)) === 48,
      'the picture in its own size',
    );
    await until(async () => {
      const pixels = await slider.screenshot();
      const [[leftRed = 0], [, , rightBlue = 0]] = [
        await colourAt(pixels, 0.1, 0.1),
        await colourAt(pixels, 0.9, 0.1),
      ];
      return leftRed > 200 && rightBlue > 200;
    }, 'red on the left and blue on the right');
  });

  it('Of a TIFF, which browsers do not show, two renditions are compared, and the page says why', async () => {
    await pipeline.uploadAndWait(
      'input/scan.tif',
      await sharp(await photograph(800))
        .tiff()
        .toBuffer(),
    );
    const page = await open('#/images/input%2Fscan.tif');
    await page
      .getByText('This browser cannot show the original, a TIFF: two renditions are compared.')
      .waitFor();
    expect(await page.getByLabel('On the left').innerText()).not.to.contain('original');
    expect(await page.getByRole('slider').getAttribute('aria-label')).to.match(/^Line between \w+ and \w+$/);
  });

  it('The keyboard alone: choose, open the details, move the slider, copy the markup, close', async () => {
    const page = await open('', { permissions: ['clipboard-read', 'clipboard-write'] });
    // Before the key: Playwright needs a moment until it takes the place of the browser's own dialog.
    const chosen = page.waitForEvent('filechooser');
    await tabTo(page, page.getByRole('button', { name: 'Choose images' }));
    await page.keyboard.press('Enter');
    const chooser = await chosen;
    await chooser.setFiles(save('keys.jpg', await photograph(900)));
    await card(page, 'keys.jpg').getByText('Made', { exact: true }).waitFor();
    await tabTo(page, page.getByRole('link', { name: 'Details of keys.jpg' }));
    await page.keyboard.press('Enter');

    const dialog = page.getByRole('dialog', { name: 'keys.jpg' });
    const slider = dialog.getByRole('slider');
    await slider.waitFor();
    await tabTo(page, slider);
    await page.keyboard.press('ArrowRight', { delay: 300 });
    await until(
      async () => Number(await slider.getAttribute('aria-valuenow')) > 52,
      'the line further right',
    );
    await tabTo(page, dialog.getByRole('button', { name: 'Copy the markup' }));
    await page.keyboard.press('Enter');
    await dialog.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).to.match(
      /^<picture>[\s\S]+<\/picture>$/,
    );
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.contain('keys.jpg');
  });

  it('The arrow keys go from one image to the next', async () => {
    const page = await open();
    await tabTo(page, page.getByRole('list', { name: 'Images' }).getByRole('link').first());
    await page.keyboard.press('ArrowRight');
    const second = page.locator('.gallery li[aria-posinset="2"] a');
    await until(() => second.evaluate((element) => element === document.activeElement), 'the second image');
    await page.keyboard.press('Home');
    const first = page.locator('.gallery li[aria-posinset="1"] a');
    await until(() => first.evaluate((element) => element === document.activeElement), 'the first image');
  });

  it('An upload can be cancelled, and the browser warns before the page is left while one runs', async () => {
    const page = await open();
    await limitUploads(page, 20_000);
    await choose(page, save('slow.jpg', await photograph(2000)));
    await card(page, 'slow.jpg').getByRole('progressbar').waitFor();
    const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.close({ runBeforeUnload: true })]);
    expect(dialog.type()).to.equal('beforeunload');
    await dialog.dismiss();
    await page.getByRole('button', { name: 'Cancel slow.jpg' }).click();
    await card(page, 'slow.jpg').getByText('You cancelled it before it was stored.').waitFor();
    expect(await pipeline.outputs('output/slow.jpg')).to.deep.equal([]);
  });

  it('A batch goes on when the network comes back after a moment', async () => {
    const page = await open();
    const names = ['1', '2', '3', '4', '5', '6', '7', '8'];
    const files = await Promise.all(
      names.map(async (name) => save(`away/${name}.png`, await dot(`hsl(${name}0, 90%, 50%)`))),
    );
    await page.context().setOffline(true);
    await choose(page, ...files);
    await page.getByText('stopped answering').first().waitFor();
    await page.getByText('0 of 8 ended. 8 waiting.').waitFor();
    await page.context().setOffline(false);
    await page.getByText('8 of 8 ended: 8 made.').waitFor();
  });

  it('A file that is gone when it is to be sent is said to be so, and not that the studio does not answer', async () => {
    const page = await open();
    const file = save('left/gone-file.png', await dot('#f0f'));
    await page.route('**/output%2Fgone-file.png%2Fmanifest.json', async (route) => {
      rmSync(file);
      await route.continue();
    });
    await choose(page, file);
    await card(page, 'gone-file.png').getByText('The file can no longer be read').waitFor();
    expect(await page.getByText('stopped answering').count()).to.equal(0);
  });

  it('A search finds images by a part of their key, and says if there are none', async () => {
    const page = await open();
    await page.getByRole('searchbox', { name: 'Search by key' }).fill('MEADOW');
    await page.getByText('1 image found').waitFor();
    expect(await page.getByRole('list', { name: 'Images' }).getByRole('link').count()).to.equal(1);
    await page.getByRole('searchbox').fill('input/2026/');
    await page.getByText('1 image found').waitFor();
    await page.getByRole('searchbox').fill('zebra');
    await page.getByText('No key contains “zebra”.').waitFor();
    await page.setViewportSize({ width: 360, height: 800 });
    await page.getByRole('searchbox').fill('z'.repeat(200));
    await page.getByText('No key contains “zzz').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(360);
  });

  it('What a search finds is read although it was out of view before', async () => {
    const picture = await dot('#0ff');
    for (let number = 1; number <= 8; number += 1)
      await pipeline.uploadAndWait(`input/above/${number}.png`, picture);
    const page = await open('', { viewport: { width: 360, height: 300 } });
    const list = page.getByRole('list', { name: 'Images' });
    await list.locator('canvas.is-drawn').first().waitFor();
    await page.getByRole('searchbox').fill('notes.jpg');
    await tile(page, 'notes.jpg').getByText('Refused:').waitFor();
  });

  it('Tab reaches what a search finds, although another image had the focus before', async () => {
    const page = await open();
    await tile(page, 'notes.jpg').focus();
    await page.getByRole('searchbox').fill('meadow');
    await page.getByText('1 image found').waitFor();
    await tabTo(page, tile(page, 'meadow.jpg'));
  });

  it('The details of an image say that it is gone when its original was removed, and not that nothing was made yet', async () => {
    await pipeline.uploadAndWait('input/gone.png', await dot('#0f0'));
    const page = await open();
    await tile(page, 'gone.png').locator('canvas.is-drawn').waitFor();
    await pipeline.remove('input/gone.png');
    await until(async () => (await pipeline.manifest('input/gone.png')) === undefined, 'the removal');
    await tile(page, 'gone.png').click();
    await page.getByText('There is no image with this key').waitFor();
    expect(await page.getByRole('link', { name: 'Download the original' }).count()).to.equal(0);
    await page.keyboard.press('Escape');
    await tile(page, 'gone.png').getByText('Removed').waitFor();
  });

  it('The details of an image whose manifest is none say so, and show the image once there is one', async () => {
    await pipeline.uploadAndWait('input/odd.png', await dot('#00f'));
    const manifest = JSON.stringify(await pipeline.manifest('input/odd.png'));
    const write = (Body: string) =>
      pipeline.s3.send(
        new PutObjectCommand({
          ...{ Bucket: pipeline.addresses.resizedImagesBucket, Key: 'output/odd.png/manifest.json' },
          Body,
        }),
      );
    await write('no JSON');
    const page = await open('#/images/input%2Fodd.png');
    await page.getByText('Its manifest could not be read: Expected a manifest').waitFor();
    await write(manifest);
    await page.getByRole('dialog').getByRole('heading', { name: 'Renditions' }).waitFor();
  });

  it('An image whose address follows at once on the end of another dialog stays open', async () => {
    const page = await open('#/images/input%2Fnotes.jpg');
    const notes = page.getByRole('dialog', { name: 'notes.jpg' });
    await notes.getByText('The manifest').waitFor();
    await notes.evaluate((dialog: HTMLDialogElement) => {
      dialog.close();
      location.hash = '#/images/input%2F2026%2Fmeadow.jpg';
    });
    await page.getByRole('dialog', { name: 'meadow.jpg' }).getByText('The manifest').waitFor();
    // The end of the first dialog has been told by now.
    await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
    expect(await page.getByRole('dialog', { name: 'meadow.jpg' }).isVisible()).to.equal(true);
  });

  it('An address with the slashes of a key as they are shows this image', async () => {
    const page = await open('#/images/input/2026/meadow.jpg');
    await page.getByRole('dialog', { name: 'meadow.jpg' }).getByText('Renditions').first().waitFor();
  });

  it('200 files have one bar and a few cards', async () => {
    const files = await Promise.all(
      Array.from({ length: 200 }, async (_, index) =>
        save(`many/${String(index).padStart(3, '0')}.png`, await dot(`hsl(${index}, 80%, 50%)`)),
      ),
    );
    const page = await open();
    await choose(page, ...files);
    await page.getByRole('progressbar', { name: 'Uploads that have ended' }).waitFor();
    await page.getByText('197 more uploads without a card below.').waitFor();
    expect(await page.locator('.uploads-cards > li').count()).to.equal(3);
    await page.getByText('200 of 200 ended: 200 made.').waitFor({ timeout: 200_000 });
    await page.getByText(/2[0-2]\d images/).waitFor();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`axe finds nothing in ${colorScheme} colours: the gallery, uploads, details, a refusal and a long name`, async () => {
      const name = `${'a very long name that a camera or a translator might have made '.repeat(3)}.png`;
      const page = await open('', { colorScheme });
      await choose(page, save(name, await dot('#0af')), save('empty.jpg', Buffer.alloc(0)));
      await page.getByText('2 of 2 ended: 1 made, 1 refused.').waitFor();
      await page.getByText('1 file refused or failed, with the reasons').click();
      await expectAccessible(page);
      for (const image of [name, 'notes.jpg', '2026/meadow.jpg']) {
        await page.goto(`${pipeline.addresses.states}/#/images/${encodeURIComponent(`input/${image}`)}`);
        await page.getByRole('dialog').getByText('The manifest').click();
        await expectAccessible(page);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
    });

  it('An empty gallery says what to do', async () => {
    const empty = await startPipeline();
    try {
      const page = await openPage();
      await page.goto(empty.addresses.states);
      await page.getByText('There are no images yet. Drop one anywhere on this page').waitFor();
      await expectAccessible(page);
    } finally {
      await empty.stop();
    }
  });
});

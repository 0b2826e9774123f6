import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { paintUpright } from '../support/images.ts';
import { type MadeImage, makeImage } from '../support/made-image.ts';
import { useChromium } from './chromium.ts';
import { useSite } from './site.ts';

/** The first piece of code in a section of client/README.md, in this language. */
function example(section: string, language: string): string {
  const [, text = ''] = readFileSync('client/README.md', 'utf8').split(`\n## \`${section}\`\n`);
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 's').exec(text) ?? [];
  if (!code) throw new Error(`Expected code in ${language} in the section ${section} but there is none.`);
  return code;
}

const CORS = { 'access-control-allow-origin': '*' };

/** Serves an image at https://images.example. */
async function serve(page: Page, { files }: MadeImage): Promise<void> {
  await page.route('https://images.example/**', (route) => {
    const key = `output${decodeURIComponent(new URL(route.request().url()).pathname)}`;
    const body = files.get(key);
    const contentType = key.endsWith('.avif') ? 'image/avif' : 'application/json';
    return body
      ? route.fulfill({ body, contentType, headers: CORS })
      : route.fulfill({ status: 404, headers: CORS });
  });
}

const shownFile = async (page: Page) => {
  const image = await page.waitForFunction(() => {
    const shown = document.querySelector('img');
    return shown?.complete && shown.naturalWidth > 0 && shown.currentSrc;
  });
  return String(await image.jsonValue()).replace(/\?.*/, '');
};

describe('The examples of client/README.md', () => {
  const openPage = useChromium();
  const site = useSite();
  let photograph: MadeImage;
  before(async () => {
    photograph = await makeImage(await paintUpright(900, 600).jpeg().toBuffer());
  });

  it('The example of <pipeline-image> shows the image', async () => {
    const page = await openPage();
    await serve(page, photograph);
    await page.goto(site().page(example('<pipeline-image>', 'html')));
    expect(await shownFile(page)).to.equal('https://images.example/2026/cat.jpg/medium.avif');
    expect(await page.getByRole('img', { name: 'A cat asleep on a sofa' }).count()).to.equal(1);
  });

  it('The example of toPicture shows the image', async () => {
    const page = await openPage();
    await serve(page, photograph);
    await page.goto(site().page(`<main></main><script type="module">${example('toPicture', 'js')}</script>`));
    expect(await shownFile(page)).to.equal('https://images.example/2026/cat.jpg/medium.avif');
    expect(await page.getByRole('img', { name: 'A cat asleep on a sofa' }).count()).to.equal(1);
    expect(await page.locator('img').getAttribute('style')).to.match(/background: #[0-9a-f]{6} url\(data:/);
  });

  describe('The example of uploadImage', () => {
    const key = 'input/uploads/0a/cat.jpg';
    const cat = { name: 'cat.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(1000) };
    const open = async (status: number, answer: unknown) => {
      const made = await makeImage(await paintUpright(900, 600).jpeg().toBuffer(), { key });
      const page = await openPage();
      await serve(page, made);
      await page.route('https://api.example/prod/uploads', (route) =>
        route.fulfill({ status, json: answer, headers: { ...CORS, 'access-control-allow-headers': '*' } }),
      );
      site().answers.set('/bucket', () => ({ status: 204 }));
      await page.goto(site().page(example('uploadImage', 'html')));
      await page.setInputFiles('input', cat);
      return page;
    };

    it('The example of uploadImage shows the progress and the image', async () => {
      const manifestUrl = 'https://images.example/uploads/0a/cat.jpg/manifest.json';
      const page = await open(200, { key, url: '/bucket', fields: { key }, manifestUrl });
      expect(await shownFile(page)).to.equal('https://images.example/uploads/0a/cat.jpg/medium.avif');
      expect(await page.locator('progress').evaluate((bar) => (bar as HTMLProgressElement).value)).to.equal(
        1,
      );
    });

    it('The example of uploadImage shows a refusal in words', async () => {
      const page = await open(400, { message: 'Expected at most 52428800 bytes but received 60000000.' });
      await page.waitForFunction(() => document.querySelector('[role=status]')?.textContent);
      expect(await page.getByRole('status').textContent()).to.equal(
        'Expected at most 52428800 bytes but received 60000000. (UploadRefusedError)',
      );
    });
  });
});

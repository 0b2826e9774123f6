import axe from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { colourAt, paintUpright } from '../support/images.ts';
import { type MadeImage, makeImage } from '../support/made-image.ts';
import { until } from '../support/pipeline.ts';
import { useChromium } from './chromium.ts';
import { measureShifts, shiftsOf } from './layout-shifts.ts';
import { type Answer, type Site, useSite } from './site.ts';

const MODULE = '<script type="module" src="/client/pipeline-image.js"></script>';
const SRC = '/2026/cat.jpg/manifest.json';

/** What an image of the page is, once it is loaded. */
const loadedImage = (page: Page, selector = 'pipeline-image img') =>
  page.waitForFunction((found) => {
    const image = document.querySelector<HTMLImageElement>(found);
    return image?.complete && image.naturalWidth > 0;
  }, selector);

const currentFile = (page: Page) =>
  page.$eval('pipeline-image img', (image) =>
    (image as HTMLImageElement).currentSrc.replace(/^.*\/|\?.*/g, ''),
  );

const backgroundOf = (page: Page) =>
  page.$eval('pipeline-image img', (image) => (image as HTMLElement).style.background);

/** Holds answers back until it is released. */
function gate() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { release, released };
}

describe('<pipeline-image>', () => {
  const openPage = useChromium();
  const site = useSite();
  let photograph: MadeImage;
  let logo: MadeImage;
  before(async () => {
    photograph = await makeImage(await paintUpright(2400, 1600).jpeg().toBuffer());
    const disc = Buffer.from(
      '<svg width="600" height="400"><circle cx="300" cy="200" r="100" fill="#0a7"/></svg>',
    );
    logo = await makeImage(await sharp(disc).png().toBuffer(), { key: 'input/logo.png' });
  });
  beforeEach(() => {
    site().serve(photograph);
    site().serve(logo);
  });

  /** Holds every file of an image back but its manifest. */
  const holdImages = (made: MadeImage, at: Site) => {
    const { release, released } = gate();
    for (const [key, body] of made.files)
      if (!key.endsWith('.json'))
        at.answers.set(`/${key.slice('output/'.length)}`, async (): Promise<Answer> => {
          await released;
          return { body };
        });
    return release;
  };

  it('A photograph is shown from AVIF, after its placeholder, which is then removed', async () => {
    const release = holdImages(photograph, site());
    const page = await openPage();
    await page.goto(site().page(`${MODULE}<pipeline-image src="${SRC}" alt="A cat"></pipeline-image>`));
    await page.waitForSelector('pipeline-image img');
    expect(await backgroundOf(page)).to.match(
      /^url\("data:image\/png;base64,.+ center center \/ cover no-repeat rgb\(/,
    );
    // The placeholder has the colours of the image: red above, blue below.
    const waiting = await page.locator('pipeline-image img').screenshot();
    const [red = 0, , blue = 0] = await colourAt(waiting, 0.8, 0.2);
    expect(red).to.be.above(blue + 100);

    release();
    await loadedImage(page);
    await page.waitForFunction(
      () => !document.querySelector<HTMLElement>('pipeline-image img')?.style.background,
    );
    expect(await currentFile(page)).to.match(/^\w+\.avif$/);
    expect(await page.getByRole('img', { name: 'A cat' }).count()).to.equal(1);
  });

  it('The placeholder stays until the image is decoded, or cannot be', async () => {
    const page = await openPage();
    await page.addInitScript(() => {
      HTMLImageElement.prototype.decode = () =>
        new Promise((_resolve, reject) => Object.assign(window, { failToDecode: reject }));
    });
    await page.goto(site().page(`${MODULE}<pipeline-image src="${SRC}" alt=""></pipeline-image>`));
    await page.waitForFunction('window.failToDecode');
    expect(await backgroundOf(page)).to.match(/^url/);
    await page.evaluate('failToDecode(new Error("Expected an image that can be decoded."))');
    expect(await backgroundOf(page)).to.equal('');
  });

  it('A transparent image has nothing behind it, neither while it loads nor later', async () => {
    const release = holdImages(logo, site());
    const page = await openPage();
    const content = `<style>body { background: rgb(1, 2, 3) }</style>${MODULE}
      <pipeline-image src="/logo.png/manifest.json" alt="Logo"></pipeline-image>`;
    await page.goto(site().page(content));
    const image = page.locator('pipeline-image img');
    await image.waitFor();
    expect(await colourAt(await image.screenshot(), 0.5, 0.5)).to.deep.equal([1, 2, 3]);
    release();
    await loadedImage(page);
    const shown = await until(async () => {
      const pixels = await image.screenshot();
      const [, green = 0] = await colourAt(pixels, 0.5, 0.5);
      return green > 150 && pixels;
    }, 'the green disc');
    expect(await colourAt(shown, 0.05, 0.05)).to.deep.equal([1, 2, 3]);
  });

  it('A browser that knows neither AVIF nor WebP shows the JPEG', async () => {
    const page = await openPage();
    const protocol = await page.context().newCDPSession(page);
    await protocol.send('Emulation.setDisabledImageTypes', { imageTypes: ['avif', 'webp'] });
    await page.goto(site().page(`${MODULE}<pipeline-image src="${SRC}" alt=""></pipeline-image>`));
    await loadedImage(page);
    expect(await currentFile(page)).to.equal('fallback.jpg');
  });

  for (const [what, width, scale, file] of [
    ['the smallest file on a narrow column', 300, 1, 'small.avif'],
    ['a file with a pixel for each pixel of a dense screen', 600, 2, 'medium.avif'],
    ['the largest file on a wide column', 1500, 1, 'large.avif'],
  ] as const)
    it(`The layout decides which file is loaded: ${what}`, async () => {
      const page = await openPage({ viewport: { width: 1600, height: 1200 }, deviceScaleFactor: scale });
      const image = `<pipeline-image src="${SRC}" alt=""></pipeline-image>`;
      await page.goto(site().page(`${MODULE}<div style="width: ${width}px">${image}</div>`));
      await loadedImage(page);
      expect(await currentFile(page)).to.equal(file);
      expect(site().requested('.avif')).to.deep.equal([`/2026/cat.jpg/${file}`]);
      expect(await page.$eval('pipeline-image img', (shown) => shown.getBoundingClientRect().width)).to.equal(
        width,
      );
    });

  it('The attribute sizes replaces the default', async () => {
    const page = await openPage({ viewport: { width: 1600, height: 1200 } });
    const image = `<pipeline-image src="${SRC}" alt="" sizes="1900px"></pipeline-image>`;
    await page.goto(site().page(`${MODULE}<div style="width: 300px">${image}</div>`));
    await loadedImage(page);
    expect(await currentFile(page)).to.equal('large.avif');
  });

  it('An image far below is loaded when the reader comes near, or at once with loading="eager"', async () => {
    const page = await openPage();
    const content = (more: string) =>
      `${MODULE}<div style="height: 20000px"></div><pipeline-image src="${SRC}" alt="" ${more}></pipeline-image>`;
    await page.goto(site().page(content('')));
    await page.waitForSelector('pipeline-image img', { state: 'attached' });
    await page.waitForTimeout(500);
    expect(site().requested('.avif')).to.deep.equal([]);
    await page.locator('pipeline-image').scrollIntoViewIfNeeded();
    await loadedImage(page);

    await page.goto(site().page(content('loading="eager"')));
    await loadedImage(page);
    expect(await page.evaluate(() => scrollY)).to.equal(0);
  });

  for (const [what, attributes] of [
    ['with width and height, before the manifest is there', 'width="2400" height="1600"'],
    ['with a width only, once the manifest is there', 'width="300"'],
    ['without a size, once the manifest is there', ''],
  ] as const)
    it(`The space of the image is reserved ${what}`, async () => {
      const release = holdImages(photograph, site());
      const manifest = gate();
      const answer = site().answers.get(SRC);
      site().answers.set(SRC, async (request) => {
        await manifest.released;
        return answer?.(request) ?? { status: 404 };
      });
      const page = await openPage({ viewport: { width: 800, height: 900 } });
      const content = `${MODULE}<pipeline-image src="${SRC}" alt="" ${attributes}></pipeline-image><p>Text</p>`;
      await page.goto(site().page(content));
      const heightOf = () =>
        page.$eval('pipeline-image', (element) => element.getBoundingClientRect().height);
      await page.waitForFunction(() => customElements.get('pipeline-image'));
      const before = await heightOf();
      manifest.release();
      await page.waitForSelector('pipeline-image img');
      const waiting = await heightOf();
      release();
      await loadedImage(page);
      const loaded = await heightOf();
      expect(loaded).to.be.closeTo(attributes === 'width="300"' ? 200 : (784 * 2) / 3, 1);
      expect(waiting).to.equal(loaded);
      expect(before).to.equal(attributes.includes('height') ? loaded : 0);
    });

  for (const [what, module, attributes] of [
    ['a style that gives its proportions', MODULE, 'style="display: block; aspect-ratio: 3 / 2"'],
    [
      'width and height, on a page that is first painted after the module has run',
      MODULE.replace('type', 'blocking="render" type'),
      'width="2400" height="1600"',
    ],
  ] as const)
    it(`Nothing on the page moves around an image with ${what}`, async () => {
      const page = await openPage({ viewport: { width: 800, height: 900 } });
      await measureShifts(page);
      const content = `<p>Text</p><pipeline-image src="${SRC}" alt="" ${attributes}></pipeline-image><p>Text</p>`;
      await page.goto(site().page(content, { head: module }));
      await loadedImage(page);
      expect(await shiftsOf(page)).to.equal(0);
    });

  /** Records the events of the first element, from before its module runs. */
  const RECORD = `<script>
    events = [];
    for (const type of ['load', 'error'])
      document.addEventListener(type, ({ target, error }) => {
        if (target.localName === 'pipeline-image') events.push([type, error?.name, error?.message]);
      }, true);
  </script>`;

  for (const [what, src, name, message] of [
    ['a rejected image', '/text.jpg/manifest.json', 'UnsupportedImageError', /Expected/],
    [
      'a missing manifest',
      '/missing.jpg/manifest.json',
      'MissingManifestError',
      /missing\.jpg\/manifest\.json/,
    ],
    ['a URL that is no manifest', '/2026/cat.jpg/fallback.jpg', 'NotAManifestError', /fallback\.jpg/],
    [
      'a server that does not answer',
      'http://127.0.0.1:1/manifest.json',
      'NetworkError',
      /127\.0\.0\.1:1.+CorsOrigin/,
    ],
    ['a server that fails', '/broken/manifest.json', 'UnavailableError', /503/],
  ] as const)
    it(`For ${what}, the alternative text is shown and the element gets an error event with the reason`, async () => {
      site().serve(await makeImage(Buffer.from('This is no image.'), { key: 'input/text.jpg' }));
      site().answers.set('/broken/manifest.json', () => ({ status: 503 }));
      const page = await openPage();
      await page.goto(
        site().page(`${RECORD}${MODULE}<pipeline-image src="${src}" alt="A cat"></pipeline-image>`),
      );
      await page.waitForFunction('events.length');
      const [[type, error, text]] = (await page.evaluate('events')) as [[string, string, string]];
      expect([type, error]).to.deep.equal(['error', name]);
      expect(text).to.match(message);
      expect(await page.locator('pipeline-image').textContent()).to.equal('A cat');
    });

  it('An image that cannot be loaded gives an error event, and its alternative text stays', async () => {
    for (const key of photograph.files.keys())
      if (!key.endsWith('.json')) site().answers.delete(`/${key.slice('output/'.length)}`);
    const page = await openPage();
    await page.goto(
      site().page(`${RECORD}${MODULE}<pipeline-image src="${SRC}" alt="A cat"></pipeline-image>`),
    );
    await page.waitForFunction('events.length');
    expect(await page.evaluate('events[0][1]')).to.equal('ImageError');
    expect(await page.getByRole('img', { name: 'A cat' }).count()).to.equal(1);
    expect(await backgroundOf(page)).to.equal('');
  });

  it('The element gets a load event when the image has come', async () => {
    const page = await openPage();
    await page.goto(site().page(`${RECORD}${MODULE}<pipeline-image src="${SRC}" alt=""></pipeline-image>`));
    await page.waitForFunction('events.length');
    expect(await page.evaluate('events[0][0]')).to.equal('load');
  });

  it('A missing alternative text is a warning on the console, and stays missing for the checks of the page', async () => {
    const page = await openPage();
    const warnings: string[] = [];
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
    await page.goto(site().page(`${MODULE}<pipeline-image src="${SRC}"></pipeline-image>`));
    await loadedImage(page);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^Expected an alt attribute on <pipeline-image src="\/2026/);
    expect(await page.$eval('pipeline-image img', (image) => image.hasAttribute('alt'))).to.equal(false);
  });

  it('Changed attributes change the image: another src shows the other image, another alt names the same one', async () => {
    const page = await openPage();
    await page.goto(site().page(`${MODULE}<pipeline-image src="${SRC}" alt="A cat"></pipeline-image>`));
    await loadedImage(page);
    await page
      .$eval('pipeline-image', (element) => {
        const image = element.querySelector('img');
        element.setAttribute('alt', 'A dog');
        return new Promise((resolve) =>
          setTimeout(() => resolve(image === element.querySelector('img')), 100),
        );
      })
      .then((isSame) => expect(isSame).to.equal(true));
    expect(await page.getByRole('img', { name: 'A dog' }).count()).to.equal(1);

    await page.$eval('pipeline-image', (element) => element.setAttribute('src', '/logo.png/manifest.json'));
    await page.waitForFunction(() => document.querySelector('img')?.currentSrc.includes('/logo.png/'));
    expect(await page.locator('pipeline-image picture').count()).to.equal(1);
    await page.$eval('pipeline-image', (element) => element.removeAttribute('src'));
    await page.waitForFunction(() => !document.querySelector('pipeline-image img'));
  });

  it('An element that was made by a script and moved while it loads shows its image once', async () => {
    const page = await openPage();
    await page.goto(site().page(`${RECORD}${MODULE}<div></div>`));
    await page.waitForFunction(() => customElements.get('pipeline-image'));
    await page.evaluate(async (src) => {
      const element = document.createElement('pipeline-image');
      element.setAttribute('src', src);
      element.setAttribute('alt', '');
      document.body.append(element);
      await new Promise((resolve) => setTimeout(resolve));
      document.querySelector('div')?.append(element);
    }, SRC);
    await loadedImage(page, 'div > pipeline-image img');
    await page.waitForTimeout(100);
    expect(await page.evaluate('events.map(([type]) => type)')).to.deep.equal(['load']);
  });

  it('The rules of the page size the image, also those in a layer', async () => {
    const page = await openPage({ viewport: { width: 800, height: 600 } });
    const content = (style: string) =>
      `<style>${style}</style>${MODULE}<pipeline-image src="${SRC}" alt=""></pipeline-image>`;
    const sizeOf = async (style: string) => {
      await page.goto(site().page(content(style)));
      await loadedImage(page);
      return page.$eval('pipeline-image img', (image) => {
        const { width, height } = image.getBoundingClientRect();
        return [width, height];
      });
    };
    expect(await sizeOf('pipeline-image { width: 300px }')).to.deep.equal([300, 200]);
    expect(await sizeOf('img { width: 100px; height: 100px; object-fit: cover }')).to.deep.equal([100, 100]);
    expect(await sizeOf('@layer a { img { max-width: 50px; height: 70px } }')).to.deep.equal([50, 70]);
  });

  it('It works in a shadow tree, and where a Content-Security-Policy forbids inline styles', async () => {
    const page = await openPage({ viewport: { width: 800, height: 600 } });
    const shadow = `<div><template shadowrootmode="open"><pipeline-image src="${SRC}" alt=""></pipeline-image></template></div>`;
    await page.goto(site().page(`${MODULE}${shadow}`));
    const image = page.locator('pipeline-image img');
    await image.waitFor();
    expect((await image.boundingBox())?.width).to.equal(784);

    const policy = { 'content-security-policy': "default-src 'self'; img-src 'self' data:" };
    await page.goto(
      site().page(`${MODULE}<pipeline-image src="${SRC}" alt=""></pipeline-image>`, { headers: policy }),
    );
    await loadedImage(page);
    expect((await image.boundingBox())?.width).to.equal(784);
    expect(await currentFile(page)).to.match(/avif$/);
  });

  it('Two copies of the module on one page do no harm', async () => {
    const second = '<script type="module" src="/client/pipeline-image.js?copy"></script>';
    const page = await openPage();
    await page.goto(site().page(`${MODULE}${second}<pipeline-image src="${SRC}" alt=""></pipeline-image>`));
    await loadedImage(page);
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`axe finds nothing in an image and in a failed one, in ${colorScheme} colours`, async () => {
      const page = await openPage({ colorScheme });
      const content = `<style>:root { color-scheme: light dark }</style>${RECORD}${MODULE}<main><h1>Cats</h1>
        <pipeline-image src="${SRC}" alt="A cat"></pipeline-image>
        <pipeline-image src="/missing/manifest.json" alt="Another cat"></pipeline-image></main>`;
      await page.goto(site().page(content));
      await page.waitForFunction('events.length === 2');
      await page.evaluate(axe.source);
      expect(await page.evaluate('axe.run().then(({ violations }) => violations)')).to.deep.equal([]);
    });
});

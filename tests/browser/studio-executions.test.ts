import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { useChromium } from './chromium.ts';
import { expectAccessible } from './studio-page.ts';

describe('The studio: executions and the queue', function () {
  this.timeout(60_000);
  const openPage = useChromium();
  let pipeline: PipelineUnderTest;
  let photograph: Buffer;
  before(async () => {
    pipeline = await startPipeline();
    photograph = await paintUpright(600, 400).jpeg().toBuffer();
    await pipeline.uploadAndWait('input/2026/cat.jpg', photograph);
    await pipeline.uploadAndWait('input/2026/broken.jpg', 'no image');
  });
  after(() => pipeline?.stop());

  async function open(path: string, options = {}): Promise<Page> {
    const page = await openPage(options);
    await page.goto(`${pipeline.addresses.states}/#/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    return page;
  }

  const state = (page: Page, name: RegExp) => page.getByRole('button', { name });

  /** Opens the newest upload of a key. */
  async function openUpload(page: Page, key: string): Promise<void> {
    await page.getByRole('link', { name: key, exact: true }).first().click();
    await page.getByRole('heading', { level: 1, name: key }).waitFor();
  }

  it('{} is sent from the form, and the bulk run is followed to its end', async () => {
    const page = await open('executions');
    expect(await page.locator('code').first().textContent()).to.equal(
      `curl -X POST ${pipeline.addresses.api}/process-image -H 'Content-Type: application/json' -d '{}'`,
    );
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Started:').getByRole('link').click();

    await page.getByRole('heading', { name: 'All images' }).waitFor();
    await page.getByRole('heading', { name: '2 images', exact: true }).waitFor();
    const counts = page.getByRole('region', { name: 'Bulk run' }).getByRole('listitem');
    expect((await counts.allTextContents()).sort()).to.deep.equal(['refused 1', 'unchanged 1']);
    await page.getByText('Refused: 1 UnsupportedImageError').waitFor();
    // Two images of which nothing is made: docs/cost.md, "dry run".
    await page.getByText(/^\$0\.0000\d+ on AWS for this run; a million images to make: \$\d/).waitFor();
    await state(page, /^ImagesProcessed, Pass, succeeded after/).waitFor();
    await state(page, /^ResizeBatch, Task, runs in child executions$/).waitFor();
    await page.getByRole('region', { name: 'Data' }).getByText('"unchanged": 1').waitFor();
  });

  it('each body of the API can be chosen, with the command that sends it', async () => {
    const page = await open('executions');
    const command = page.locator('code').first();
    await page.getByLabel('Only count what would be made (dry run)').check();
    expect(await command.textContent()).to.include(`-d '{"dryRun":true}'`);
    await page.getByLabel('Images whose keys start with').check();
    await page.getByRole('textbox', { name: 'Prefix' }).fill("input/it's/");
    expect(await command.textContent()).to.include(`-d '{"prefix":"input/it'\\''s/","dryRun":true}'`);
    await page.getByLabel('One image').check();
    await page.getByRole('textbox', { name: 'Key' }).fill('input/2026/cat.jpg');
    await page.getByLabel('Also those that are up to date (force)').check();
    expect(await command.textContent()).to.include(`-d '{"key":"input/2026/cat.jpg","force":true}'`);
    await page.getByRole('textbox', { name: 'Key' }).fill('cat.jpg');
    await page.getByText('Expected a key that starts with input/').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).to.equal(true);
  });

  it('an upload appears in the list by itself, and its graph is lit to the end', async () => {
    const page = await open('executions');
    await pipeline.uploadAndWait('input/2026/new.jpg', photograph);
    await openUpload(page, 'input/2026/new.jpg');
    for (const name of ['NameExecution', 'ResizeImage', 'WasImageResized', 'ImageResized'])
      await state(page, new RegExp(`^${name}, \\w+, succeeded after [\\d.]+ m?s`)).waitFor();
    await state(page, /^MarkAsFailed, Pass, not reached$/).waitFor();
    const drawn = page.locator('.graph-state', { has: state(page, /^ResizeImage,/) });
    expect(await drawn.locator('text').allTextContents()).to.deep.equal(['✓', 'ResizeImage', 'Task']);
  });

  it('a state is reached and opened by the keyboard alone, and closed again', async () => {
    const page = await open('executions');
    await openUpload(page, 'input/2026/cat.jpg');
    await state(page, /^ImageResized, Succeed, succeeded/).waitFor();
    await state(page, /^NameExecution,/).focus();
    await page.keyboard.press('ArrowDown');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    expect(await focused()).to.match(/^ResizeImage, Task, succeeded after/);
    await page.keyboard.press('Enter');
    const panel = page.getByRole('region', { name: 'State ResizeImage' });
    await panel.getByText('"key": "input/2026/cat.jpg"').first().waitFor();
    await panel.getByText('"status": "RESIZED"').waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    expect(await focused()).to.match(/^ResizeImage,/);
    await page.keyboard.press('End');
    expect(await focused()).to.match(/, not reached$/);
  });

  it('a refusal is told in plain words, with its error, and the list finds it', async () => {
    const page = await open('executions');
    await page.getByLabel('Key, name or error').fill('unsupported');
    await page.getByText('1 execution', { exact: true }).waitFor();
    await page.getByRole('cell').getByText('refused').waitFor();
    await openUpload(page, 'input/2026/broken.jpg');
    await page.getByText('The pipeline does not accept this kind of file.').waitFor();
    await state(page, /^ImageRejected, Fail, failed/).click();
    const panel = page.getByRole('region', { name: 'State ImageRejected' });
    await panel.getByText('UnsupportedImageError', { exact: true }).waitFor();
  });

  it('a request is found by the key that its row shows, and by its error', async () => {
    await pipeline.process({ key: 'input/2026/broken.jpg', force: true });
    await pipeline.process({ prefix: 'input/2027/' });
    const page = await open('executions');
    await page.getByLabel('Show').selectOption('Requests and bulk runs');
    for (const [text, row] of [
      ['2026/broken', /^input\/2026\/broken\.jpg/],
      ['unsupportedImage', /^input\/2026\/broken\.jpg/],
      ['below input/2027/', /^Images below input\/2027\//],
    ] as const) {
      await page.getByLabel('Key, name or error').fill(text);
      await page.getByText('1 execution', { exact: true }).waitFor();
      await page.getByRole('row', { name: row }).waitFor();
    }
  });

  it('a request that the state machine refuses is shown as it ended', async () => {
    const page = await open('executions');
    await page.getByLabel('One image').check();
    await page.getByRole('textbox', { name: 'Key' }).fill('input/2026/missing.jpg');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Started:').getByRole('link').click();
    await page.getByText('There is no original with this key.').waitFor();
    await page.getByRole('link', { name: 'All executions' }).click();
    await page.getByRole('row', { name: /input\/2026\/missing.jpg.*refused.*SourceNotFoundError/ }).waitFor();
  });

  it('a message on the queue is sent again, and the image is made', async () => {
    await pipeline.upload('input/2026/left.jpg', photograph);
    await pipeline.uploadAndWait('input/2026/left.jpg', photograph);
    await pipeline.loseManifest('input/2026/left.jpg');
    await pipeline.leaveUnprocessed({
      'detail-type': 'Object Created',
      detail: {
        bucket: { name: pipeline.addresses.originalImagesBucket },
        object: { key: 'input/2026/left.jpg' },
      },
      followsFailure: true,
    });
    const page = await open('queue');
    await page.getByRole('article', { name: 'input/2026/left.jpg' }).waitFor();
    await page.getByRole('button', { name: 'Send again input/2026/left.jpg' }).click();
    await page.getByText('Sent again.').waitFor();
    await page.getByText('Nothing is left over').waitFor();
    const deadline = Date.now() + 20_000;
    while (!(await pipeline.manifest('input/2026/left.jpg')) && Date.now() < deadline)
      await page.waitForTimeout(100);
    expect(await pipeline.manifest('input/2026/left.jpg')).to.include({ status: 'RESIZED' });
  });

  it('a message that cannot be sent keeps no other one from it, and the button that was pressed keeps the focus', async () => {
    await pipeline.leaveUnprocessed('no event');
    const bucket = { name: pipeline.addresses.originalImagesBucket };
    for (const key of ['input/2026/gone.jpg', 'input/2026/lost.jpg'])
      await pipeline.leaveUnprocessed({
        'detail-type': 'Object Created',
        detail: { bucket, object: { key } },
      });
    const page = await open('queue');
    const all = page.getByRole('button', { name: 'Send all 3 again' });
    await all.waitFor();
    // As of a message that is too long for an execution, or a stack that refuses one.
    await page.route('**/studio/states', (route) =>
      /StartExecution/.test(route.request().headers()['x-amz-target'] ?? '') &&
      route.request().postData()?.includes('no event')
        ? route.fulfill({ status: 400, json: { __type: 'InvalidExecutionInput', message: 'No event.' } })
        : route.continue(),
    );
    const look = page.getByRole('button', { name: 'Look again' });
    const hasFocus = () => look.evaluate((button) => button === document.activeElement);
    await look.focus();
    await all.click();
    await page
      .getByText('Sent 2 again. What fails once more comes back here. 1 could not be sent: No event.')
      .waitFor();
    expect(await page.getByRole('article').count()).to.equal(1);
    await look.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Looking…' }).waitFor();
    await look.waitFor();
    expect(await hasFocus()).to.equal(true);
    expect(await page.getByText('could not be sent').count()).to.equal(0);
    await until(async () => (await pipeline.takeUnprocessed()).length > 0, 'the message that was left');
  });

  it('a bulk run that runs shows how far it is, and is stopped by a button', async () => {
    const large = await paintUpright(3000, 2000).jpeg().toBuffer();
    for (const number of [1, 2, 3, 4, 5, 6]) await pipeline.upload(`input/large/${number}.jpg`, large);
    const page = await open('executions');
    await page.getByLabel('Images whose keys start with').check();
    await page.getByRole('textbox', { name: 'Prefix' }).fill('input/large/');
    await page.getByLabel('Also those that are up to date (force)').check();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Started:').getByRole('link').click();
    await page.getByRole('heading', { name: 'Images below input/large/ (forced)' }).waitFor();
    await page.getByRole('heading', { name: /^\d of 6 images done$/ }).waitFor();
    await state(page, /^ResizeEveryImage, Map, running/).waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByText('stopped', { exact: true }).first().waitFor();
    await state(page, /^ResizeEveryImage, Map, stopped after/).waitFor();
    const run = page.getByRole('region', { name: 'Bulk run' });
    await run.getByText('The run ended before anybody counted').waitFor();
    expect(await run.innerText())
      .to.match(/stopped\s+[1-6]\b/)
      .and.not.contain('$');
    expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).to.equal(0);
  });

  it('every name is inside of its box in the picture of the larger state machine', async () => {
    const page = await open(`executions/${encodeURIComponent((await pipeline.newestExecution()) ?? '')}`);
    await state(page, /^IsOneImage,/).waitFor();
    const outside = await page.locator('.graph-state').evaluateAll((states) =>
      states.flatMap((element) => {
        const box = element.querySelector('rect')?.getBoundingClientRect();
        return [...element.querySelectorAll('text')]
          .filter((text) => !box || text.getBoundingClientRect().right > box.right)
          .map(({ textContent }) => textContent);
      }),
    );
    expect(outside).to.deep.equal([]);
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`axe finds nothing in ${colorScheme} colours, and nothing is wider than the window`, async () => {
      const page = await open('executions', { colorScheme });
      await page.getByRole('link', { name: 'input/2026/cat.jpg' }).first().waitFor();
      await expectAccessible(page);
      await openUpload(page, 'input/2026/cat.jpg');
      await state(page, /^ResizeImage, Task, succeeded/).click();
      await page.getByRole('region', { name: 'State ResizeImage' }).waitFor();
      await expectAccessible(page);
      await page.goto(page.url().replace(/#.*/, '#/queue'));
      await page.getByText('Nothing is left over').waitFor();
      await expectAccessible(page);
    });
});

describe('The studio of a stack that logs nothing', function () {
  this.timeout(60_000);
  const openPage = useChromium();
  let pipeline: PipelineUnderTest;
  before(async () => {
    pipeline = await startPipeline({
      words: ['--parameter-overrides', 'StateMachineLogLevel=ERROR'],
    });
  });
  after(() => pipeline?.stop());

  it('says that uploads cannot be seen, and with which parameter they can', async () => {
    const page = await openPage();
    await page.goto(`${pipeline.addresses.states}/#/executions`);
    await page.getByText('Nothing has run yet.').waitFor();
    await page.getByText("The state machine's log level is ERROR").waitFor();
    await page.getByText('Deploy with StateMachineLogLevel=ALL to see them.').waitFor();
  });
});

describe('The studio of npm start with ApiAuth=API_KEY', () => {
  const openPage = useChromium();

  it('prints a command that works as it is, with the key in it', async function () {
    if (spawnSync('curl', ['--version']).status !== 0) return this.skip();
    const words = ['--api-key', "it's", '--parameter-overrides', 'ApiAuth=API_KEY'];
    const pipeline = await startPipeline({ words });
    try {
      const page = await openPage();
      await page.goto(`${pipeline.addresses.states}/#/executions`);
      const command = (await page.locator('code').first().textContent()) ?? '';
      const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
      expect(stdout, command).to.match(/"executionArn":/);
    } finally {
      await pipeline.stop();
    }
  });
});

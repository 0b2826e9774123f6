import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { type BreakableCheckout, copyBreakable } from '../support/broken-function.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { useChromium } from './chromium.ts';
import { expectAccessible } from './studio-page.ts';

describeLocally('The studio: uploads whose execution fails', 'npm start serves it', () => {
  const openPage = useChromium();
  let breakable: BreakableCheckout;
  let pipeline: PipelineUnderTest;
  before(async () => {
    breakable = copyBreakable();
    pipeline = await startPipeline({ checkout: breakable.checkout });
  });
  afterEach(() => breakable?.mend());
  after(() => pipeline?.stop());

  const open = async (): Promise<Page> => {
    const page = await openPage();
    await page.goto(pipeline.addresses.states);
    await page.locator('button', { hasText: 'Choose images' }).waitFor();
    return page;
  };
  const choose = async (page: Page, ...names: readonly string[]): Promise<void> => {
    const buffer = await paintUpright(300, 200).jpeg().toBuffer();
    const files = names.map((name) => ({ name, mimeType: 'image/jpeg', buffer }));
    await page.getByLabel('Choose images').and(page.locator('input')).setInputFiles(files);
  };
  const cards = (page: Page, name: string) =>
    page.getByRole('region', { name: 'Uploads' }).locator('li.upload-card', { hasText: name });

  it('The card of an upload says the error and where it lies, and its graph shows the state that failed', async () => {
    breakable.break();
    const page = await open();
    await choose(page, 'fails.jpg');
    const card = cards(page, 'fails.jpg');
    await card.getByText('Failed', { exact: true }).waitFor();
    expect((await card.innerText()).replaceAll(/[\u2068\u2069]/g, '')).to.contain(
      'TypeError: This is a mistake in the code. Look under “Not processed” to send it again.',
    );
    await card.getByRole('button', { name: /^ResizeImage, Task, failed, error caught after/ }).waitFor();
    await card.getByRole('button', { name: /^UploadUnprocessed, Fail, failed/ }).waitFor();
    const tile = page.getByRole('list', { name: 'Images' }).getByRole('link', { name: 'fails.jpg' });
    await tile.getByText('Not processed yet').waitFor();
    await expectAccessible(page);
  });

  it('The card of the same image that is uploaded again shows its own execution, and not what was made before', async () => {
    const page = await open();
    await choose(page, 'twice.jpg');
    await cards(page, 'twice.jpg').getByText('Made', { exact: true }).waitFor();
    breakable.break();
    await choose(page, 'twice.jpg');
    await cards(page, 'twice.jpg').getByText('Failed', { exact: true }).waitFor();
    const [newest, first] = [cards(page, 'twice.jpg').first(), cards(page, 'twice.jpg').last()];
    expect(await newest.innerText()).to.contain('This is a mistake in the code');
    await first.getByText('Made', { exact: true }).waitFor();
    await first.getByRole('button', { name: /^ImageResized, Succeed, succeeded/ }).waitFor();

    breakable.mend();
    await choose(page, 'twice.jpg');
    await cards(page, 'twice.jpg').first().getByText('Made', { exact: true }).waitFor();
  });

  it('The details of an image say that its original was replaced or removed, and not that the browser cannot show it', async () => {
    const page = await open();
    await choose(page, 'replaced.jpg');
    await cards(page, 'replaced.jpg').getByText('Made', { exact: true }).waitFor();
    breakable.break();
    const details = async () => {
      await page.goto(`${pipeline.addresses.states}/#/images/input%2Freplaced.jpg`);
      return page.getByRole('dialog', { name: 'replaced.jpg' });
    };
    await pipeline.upload('input/replaced.jpg', await paintUpright(60, 40).jpeg().toBuffer());
    await (await details())
      .getByText('The original was replaced, and nothing was made of the new one')
      .waitFor();
    // As of a stack that keeps what it made: RemoveWithOriginal=false.
    await page.route('**/input%2Freplaced.jpg*', (route) => route.fulfill({ status: 404 }));
    await page.reload();
    await (await details()).getByText('The original was removed: two renditions are compared.').waitFor();
  });

  it('The graph of an upload has the states that its state machine got while the page was open', async () => {
    const page = await open();
    await choose(page, 'before.jpg');
    await cards(page, 'before.jpg').getByText('Made', { exact: true }).waitFor();
    const file = join(breakable.checkout, 'statemachine/resize-upload.asl.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('NameExecution', 'NameOfToday'));
    const stateMachineArn = pipeline.addresses.resizeImageStateMachineArn.replace('Image', 'Upload');
    await until(async () => {
      const { definition } = await pipeline.states.send(new DescribeStateMachineCommand({ stateMachineArn }));
      return definition?.includes('NameOfToday');
    }, 'the runtime to follow the new definition');
    await choose(page, 'after.jpg');
    await cards(page, 'after.jpg').getByText('Made', { exact: true }).waitFor();
    await cards(page, 'after.jpg')
      .getByRole('button', { name: /^NameOfToday, Pass, succeeded/ })
      .waitFor();
    await cards(page, 'before.jpg')
      .getByRole('button', { name: /^NameExecution, Pass, succeeded/ })
      .waitFor();
  });

  it('All messages of the queue are sent again by one button once the cause is gone, and the images are made', async () => {
    await pipeline.takeUnprocessed();
    breakable.break();
    const page = await open();
    const names = ['one.jpg', 'two.jpg', 'three.jpg'];
    await choose(page, ...names);
    await page.getByText('3 of 3 ended: 3 failed.').waitFor();
    await page.getByRole('link', { name: 'Not processed', exact: true }).click();
    await page.getByText('3 of 3 ended: 3 failed.').waitFor();
    expect(await cards(page, 'two.jpg').count(), 'cards above another view').to.equal(0);
    const article = page.getByRole('article', { name: 'input/two.jpg' });
    await article.getByText(/TypeError, in this execution/).waitFor();
    breakable.mend();
    await page.getByRole('button', { name: 'Send all 3 again' }).click();
    await page.getByText('Sent 3 again. What fails once more comes back here.').waitFor();
    await page.getByText('Nothing is left over').waitFor();
    for (const name of names)
      await until(
        async () => (await pipeline.manifest(`input/${name}`))?.status === 'RESIZED',
        `what is made of ${name}`,
      );
    expect(await pipeline.unprocessed()).to.deep.equal([]);
  });
});

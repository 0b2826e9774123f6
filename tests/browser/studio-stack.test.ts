// npm run studio -- --stack NAME, whose page has only what AWS's own interfaces tell, through signed requests.

import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { madeLine } from '../support/made-line.ts';
import { runScript } from '../support/run-script.ts';
import { type StackStudio, startStackStudio } from '../support/stack-studio.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { useChromium } from './chromium.ts';
import { expectAccessible } from './studio-page.ts';

/** What a command of a shell prints. Not spawnSync: this process stands for AWS. */
async function run(command: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const env = { PATH: process.env.PATH, ...environment };
  return (await promisify(execFile)('bash', ['-c', command], { env })).stdout;
}

for (const apiAuth of ['AWS_IAM', 'API_KEY'] as const)
  describeLocally(`The studio of a deployed stack with ApiAuth=${apiAuth}`, 'it stands for a stack', () => {
    const openPage = useChromium();
    let studio: StackStudio;
    before(async () => {
      studio = await startStackStudio(apiAuth);
    });
    after(() => studio?.stop());

    const open = async (view: string) => {
      const page = await openPage();
      await page.goto(`${studio.url}#/${view}`);
      await page.getByText('local in us-east-1').waitFor();
      return page;
    };

    it('An image is uploaded, seen at work in the state machine, and shown in the gallery and its details', async () => {
      const page = await open('images');
      const buffer = await paintUpright(600, 400).jpeg().toBuffer();
      const files = [{ name: 'cat.jpg', mimeType: 'image/jpeg', buffer }];
      await page.getByLabel('Choose images').and(page.locator('input')).setInputFiles(files);
      const card = page.getByRole('region', { name: 'Uploads' }).locator('li.upload-card');
      await card.getByText('Made', { exact: true }).waitFor();
      await card.getByRole('button', { name: /^ImageResized, Succeed, succeeded/ }).waitFor();
      const tile = page.getByRole('list', { name: 'Images' }).getByRole('link', { name: 'cat.jpg' });
      await tile.locator('canvas.is-drawn').waitFor();
      await tile.click();
      await page.getByRole('dialog').getByRole('table').waitFor();
      await expectAccessible(page);
    });

    it('A run is sent by the form, appears among the executions, and is followed to its end', async () => {
      const page = await open('executions');
      await page.getByLabel('Only count what would be made (dry run)').check();
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('Started:').getByRole('link').click();
      await page.getByRole('region', { name: 'Bulk run' }).waitFor();
      await page.getByText('succeeded', { exact: true }).first().waitFor();
      await page.getByRole('link', { name: 'All executions' }).click();
      await page.getByRole('row', { name: /input\/cat\.jpg.*succeeded/ }).waitFor();
      await expectAccessible(page);
    });

    it('The command beside the form works as it is printed, in a shell that has the credentials', async function () {
      if (spawnSync('curl', ['--version']).status !== 0) return this.skip();
      const page = await open('executions');
      await page.getByLabel('One image').check();
      await page.getByRole('textbox', { name: 'Key' }).fill("input/it's.jpg");
      const command = (await page.locator('code').first().textContent()) ?? '';
      const credentials = {
        AWS_ACCESS_KEY_ID: 'anybody',
        AWS_SECRET_ACCESS_KEY: 'anything',
        API_KEY: 'local',
      };
      expect(await run(command, credentials), command).to.match(/"executionArn":/);
      const temporary = { ...credentials, AWS_SESSION_TOKEN: 'token' };
      expect(await run(command, temporary), command).to.match(/"executionArn":/);
      const wrong = { ...credentials, AWS_SECRET_ACCESS_KEY: 'wrong', API_KEY: 'wrong' };
      expect(await run(command, wrong)).to.not.include('executionArn');
    });

    it('A message on the queue is shown and sent again', async () => {
      await studio.pipeline.loseManifest('input/cat.jpg');
      const bucket = { name: studio.pipeline.addresses.originalImagesBucket };
      const detail = { bucket, object: { key: 'input/cat.jpg' } };
      await studio.pipeline.leaveUnprocessed({
        'detail-type': 'Object Created',
        detail,
        followsFailure: true,
      });
      const page = await open('queue');
      await page.getByRole('article', { name: 'input/cat.jpg' }).waitFor();
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Send again input/cat.jpg' }).click();
      await page.getByText('Nothing is left over').waitFor();
    });

    it('npm run upload uploads to it', async () => {
      const file = join(temporaryFolder('upload'), 'dog.png');
      writeFileSync(file, await paintUpright(90, 60).png().toBuffer());
      const { printed, code } = await runScript('upload', ['--stack', 'local', file], studio.environment);
      expect(printed).to.match(madeLine(String.raw`input/dog\.png`));
      expect(code).to.equal(0);
    });
  });

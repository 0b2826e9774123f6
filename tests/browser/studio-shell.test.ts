import { expect } from 'chai';
import { startPipeline } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { useChromium } from './chromium.ts';

describeLocally('The shell of the studio', 'npm start serves it', () => {
  const openPage = useChromium();

  it('says that the runtime has stopped, and goes on when it runs again', async () => {
    const data = temporaryFolder('studio-shell');
    const first = await startPipeline({ data });
    const page = await openPage();
    await page.goto(`${first.addresses.states}/#/queue`);
    await page.getByRole('link', { name: 'Executions' }).click();
    await page.getByRole('heading', { level: 1, name: 'Executions' }).waitFor();
    expect(await page.getByRole('link', { name: 'Executions' }).getAttribute('aria-current')).to.equal(
      'page',
    );
    await first.stop();
    // Whatever a view asks for next tells the shell.
    await page.getByRole('link', { name: 'Images' }).click();
    const banner = page.getByRole('status').filter({ hasText: 'stopped answering' });
    await banner.waitFor({ timeout: 60_000 });
    const port = new URL(first.addresses.states).port;
    const again = await startPipeline({ data, words: ['--port', port] });
    try {
      await banner.waitFor({ state: 'detached', timeout: 60_000 });
      expect(await page.title()).to.equal('Images · local');
    } finally {
      await again.stop();
    }
  });
});

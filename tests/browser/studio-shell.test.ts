import { expect } from 'chai';
import { startPipeline } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { useChromium } from './chromium.ts';

describeLocally('The shell of the studio', 'npm start serves it', () => {
  const openPage = useChromium();

  it('has all views in one row of a screen of 360 pixels, whichever is shown', async () => {
    const pipeline = await startPipeline();
    try {
      const page = await openPage({ viewport: { width: 360, height: 800 } });
      for (const view of ['images', 'executions', 'queue']) {
        await page.goto(`${pipeline.addresses.states}/#/${view}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        const links = await page
          .getByRole('navigation', { name: 'Views' })
          .getByRole('link')
          .evaluateAll((all) => all.map((link) => link.getBoundingClientRect().toJSON()));
        expect(new Set(links.map(({ top }) => top)).size, view).to.equal(1);
        expect(Math.max(...links.map(({ right }) => right)), view).to.be.at.most(360);
      }
    } finally {
      await pipeline.stop();
    }
  });

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

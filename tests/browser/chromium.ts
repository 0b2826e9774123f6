import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Chromium as Debian installs it, which `.ci/run` does where it may, or another one that the variable names. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export type OpenPage = (options?: BrowserContextOptions) => Promise<Page>;

/**
 * A browser for the tests of a suite. Without Chromium, the suite is skipped with a message.
 * @param flags of Chromium's command line, besides those of every suite.
 * @returns a function that opens a page with a profile of its own, which is closed after the test. A mistake in the code
 * of the page fails the test.
 */
export function useChromium(...flags: readonly string[]): OpenPage {
  let browser: Browser | undefined;
  let mistakes: Error[] = [];
  before(async function () {
    if (!existsSync(CHROMIUM)) {
      console.log(
        `    Skipped: there is no ${CHROMIUM}. Install Chromium, or set CHROMIUM to the file of one.`,
      );
      return this.skip();
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] });
  });
  beforeEach(() => {
    mistakes = [];
  });
  afterEach(async () => {
    await Promise.all(browser?.contexts().map((context) => context.close()) ?? []);
    if (mistakes[0]) throw mistakes[0];
  });
  after(() => browser?.close());
  return async (options = {}) => {
    if (!browser) throw new Error('Expected a browser but the suite has not begun.');
    const context = await browser.newContext(options);
    context.on('weberror', (error) => mistakes.push(error.error()));
    return context.newPage();
  };
}

/** Slows the uploads of a page down. */
export async function limitUploads(page: Page, bytesPerSecond: number): Promise<void> {
  const protocol = await page.context().newCDPSession(page);
  await protocol.send('Network.enable');
  const limits = { latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond };
  await protocol.send('Network.emulateNetworkConditions', { offline: false, ...limits });
}

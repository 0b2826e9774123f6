import axe from 'axe-core';
import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';

/** Presses Tab until this has the focus, as somebody without a mouse does. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  const MOST = 80;
  for (let pressed = 0; pressed < MOST; pressed += 1) {
    const has = async () => target.evaluate((element) => element === document.activeElement);
    if ((await target.count()) > 0 && (await has())) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Expected Tab to reach ${target} within ${MOST} steps but it did not.`);
}

/** Fails with what axe finds, and if the page is wider than the window, at a narrow and a wide width. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  for (const width of [360, 1600]) {
    await page.setViewportSize({ width, height: 900 });
    const found = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as axe.Result[];
    const told = found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => [id, html, failureSummary]),
    );
    expect(told, `at ${width} pixels`).to.deep.equal([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).to.equal(true);
  }
}

/** Drops files and folders of this machine in the middle of the page, as a file manager does. */
export async function dropPaths(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
}

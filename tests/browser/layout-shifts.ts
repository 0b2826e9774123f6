import type { Page } from 'playwright-core';

/** Adds up what moves on the pages that this one opens from now on. */
export const measureShifts = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    Object.assign(window, { moved: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        Object.assign(window, { moved: Reflect.get(window, 'moved') + Reflect.get(entry, 'value') });
    }).observe({ type: 'layout-shift', buffered: true });
  });

/** The sum of the shifts so far, in the unit of Cumulative Layout Shift. */
export async function shiftsOf(page: Page): Promise<unknown> {
  // The browser reports a shift after the frame.
  await page.waitForTimeout(300);
  return page.evaluate('moved');
}

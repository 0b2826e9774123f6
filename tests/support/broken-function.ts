import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyCheckout } from './checkout.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A checkout whose function throws a TypeError for every image while it is broken, as a mistake in its code would. */
export interface BreakableCheckout {
  readonly checkout: string;
  break(): void;
  mend(): void;
}

export function copyBreakable(): BreakableCheckout {
  const flag = join(temporaryFolder('broken'), 'is-broken');
  const mistake = `if (existsSync(${JSON.stringify(flag)})) throw new TypeError('This is a mistake in the code.');`;
  const checkout = copyCheckout({
    'functions/image-resize/handler.ts': (text) =>
      `import { existsSync } from 'node:fs';\n${text.replace('const image = await work(', `${mistake}\n    const image = await work(`)}`,
  });
  return {
    checkout,
    break: () => writeFileSync(flag, ''),
    mend: () => rmSync(flag, { force: true }),
  };
}

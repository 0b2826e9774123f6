import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

/** Bundles image-worker.ts as `sam build` does. @returns its folder, which is gone when the tests have ended. */
export function bundleImageWorker(): string {
  const folder = mkdtempSync(join(tmpdir(), 'image-worker-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{}');
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  buildSync({
    entryPoints: ['functions/image-resize/image-worker.ts'],
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    external: ['sharp'],
  });
  return folder;
}

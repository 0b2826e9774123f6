import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/**
 * Bundles with template.yaml's settings, so that the deployed code is measured, without the cost of type stripping.
 * @returns the path of the bundle, in a folder from which Node finds sharp.
 */
export async function bundle(folder: string, name: string, input: BuildOptions): Promise<string> {
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) symlinkSync(resolve('node_modules'), modules);
  writeFileSync(join(folder, 'package.json'), '{}');
  const outfile = join(folder, `${name}.js`);
  await build({
    ...input,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    external: ['sharp'],
    outfile,
  });
  return outfile;
}

/**
 * Bundles image-process-runner.ts, and beside it the image process that it starts.
 * @returns the path of the runner's bundle.
 */
export async function bundleImageProcess(folder: string): Promise<string> {
  await bundle(folder, 'image-worker', { entryPoints: ['functions/image-resize/image-worker.ts'] });
  return bundle(folder, 'image-process-runner', {
    entryPoints: [join(import.meta.dirname, 'image-process-runner.ts')],
  });
}

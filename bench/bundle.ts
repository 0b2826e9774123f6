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

import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/**
 * Bundles as template.yaml has it: what is measured is what is deployed, without what stripping types costs.
 * @returns the bundle's file, beside which sharp is found.
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

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, stop } from 'esbuild';
import type { LambdaFunction } from './template/functions.ts';
import type { Template } from './template.ts';

export interface Bundle {
  /** The bytes of each file that was written. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The project's own source files in it. */
  readonly inputs: readonly string[];
  /** Of all that was written. */
  readonly hash: string;
}

/**
 * Bundles a function as `sam build` does, from the template's own BuildProperties.
 * @throws esbuild's error, which names file and line; nothing is written then.
 */
export async function bundleFunction(
  template: Template,
  lambda: LambdaFunction,
  directory: string,
): Promise<Bundle> {
  // As under Lambda's /var/task, no package.json of ours may say what kind of module the bundle is.
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{}\n');
  const { entryPoints, external, minify, sourcemap, target } = lambda.build;
  const workingDirectory = resolve(dirname(template.file), lambda.codeUri);
  const { metafile, outputFiles } = await build({
    absWorkingDir: workingDirectory,
    entryPoints: [...entryPoints],
    external: [...external],
    minify,
    sourcemap,
    target,
    format: 'cjs',
    bundle: true,
    platform: 'node',
    outdir: resolve(directory),
    logLevel: 'silent',
    metafile: true,
    write: false,
    // Its own process would stay otherwise.
  }).finally(stop);
  const hash = createHash('sha256');
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
    hash.update(contents);
  }
  return {
    sizes: new Map(outputFiles.map(({ path, contents }) => [path, contents.length])),
    inputs: Object.keys(metafile.inputs)
      .filter((file) => !file.includes('node_modules/'))
      .map((file) => join(workingDirectory, file)),
    hash: hash.digest('hex'),
  };
}

/** Where a function is built to; what runs locally is built beside the data that it works on. */
export function bundleDirectory(root: string, lambda: LambdaFunction): string {
  return join(root, 'functions', lambda.logicalId);
}

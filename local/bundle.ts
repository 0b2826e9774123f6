import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type BuildResult, build } from 'esbuild';
import type { LambdaFunction } from './template/functions.ts';
import type { Template } from './template.ts';

/**
 * Bundles a function as `sam build` does, from the template's own BuildProperties.
 * @returns esbuild's result, whose metafile tells the sizes.
 */
export async function bundleFunction(
  template: Template,
  lambda: LambdaFunction,
  directory: string,
): Promise<BuildResult> {
  // As under Lambda's /var/task, no package.json of ours may say what kind of module the bundle is.
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{}\n');
  const { entryPoints, external, minify, sourcemap, target, format } = lambda.build;
  return build({
    absWorkingDir: resolve(dirname(template.file), lambda.codeUri),
    entryPoints: [...entryPoints],
    external: [...external],
    minify,
    sourcemap,
    target,
    format,
    bundle: true,
    platform: 'node',
    outdir: resolve(directory),
    logLevel: 'silent',
    metafile: true,
  });
}

/** Where a function is built to; what runs locally is built beside the data that it works on. */
export function bundleDirectory(root: string, lambda: LambdaFunction): string {
  return join(root, 'functions', lambda.logicalId);
}

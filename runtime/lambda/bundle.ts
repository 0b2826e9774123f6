import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type BuildFailure, build, type Message, stop } from 'esbuild';
import type { Template } from '../template/index.ts';
import { functionsOf, type LambdaFunction } from './functions.ts';

export interface Bundle {
  readonly lambda: LambdaFunction;
  /** Where `write` puts the files. */
  readonly directory: string;
  /** The size in bytes of each file that is deployed, by absolute path. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The SHA-256 of all files, in hexadecimal. */
  readonly hash: string;
  /** Writes the files into the bundle's folder. */
  write(): void;
}

/**
 * Bundles the template's functions as `sam build` does, from their BuildProperties, and adds their source files to the
 * template's files. Writes nothing: call the bundles' `write`.
 * @param root each function has the folder `functions/LOGICAL_ID` below it.
 * @throws esbuild's BuildFailure, which names file and line.
 */
export async function bundleFunctions(template: Template, root: string): Promise<Bundle[]> {
  try {
    const bundles: Bundle[] = [];
    for (const lambda of functionsOf(template)) bundles.push(await bundleFunction(template, lambda, root));
    return bundles;
  } finally {
    // Otherwise esbuild's child process would keep running. To start it costs more than to bundle a function.
    await stop();
  }
}

async function bundleFunction(template: Template, lambda: LambdaFunction, root: string): Promise<Bundle> {
  const directory = resolve(root, 'functions', lambda.logicalId);
  const { entryPoints, external, minify, sourcemap, target } = lambda.build;
  const workingDirectory = resolve(dirname(template.file), lambda.codeUri);
  const addSource = (file: string): void => {
    if (!file.includes('node_modules/')) template.files.add(join(workingDirectory, file));
  };
  for (const entryPoint of entryPoints) addSource(entryPoint);
  const { metafile, outputFiles } = await build({
    absWorkingDir: workingDirectory,
    entryPoints: [...entryPoints],
    external: [...external],
    minify,
    // Beside the bundle, which does not name it: explain-error.ts reads it, and the function's memory does not hold it.
    sourcemap: sourcemap || 'external',
    sourcesContent: sourcemap,
    target,
    format: 'cjs',
    bundle: true,
    platform: 'node',
    outdir: directory,
    logLevel: 'silent',
    metafile: true,
    write: false,
  }).catch((error: unknown) => {
    if (isBuildFailure(error)) for (const file of error.errors.flatMap(filesOf)) addSource(file);
    throw error;
  });
  for (const file of Object.keys(metafile.inputs)) addSource(file);
  const hash = createHash('sha256');
  for (const { contents } of outputFiles) hash.update(contents);
  return {
    lambda,
    directory,
    sizes: new Map(
      outputFiles
        .filter(({ path }) => sourcemap || !path.endsWith('.map'))
        .map(({ path, contents }) => [path, contents.length]),
    ),
    hash: hash.digest('hex'),
    write: () => {
      const files: readonly { readonly path: string; readonly contents: Uint8Array | string }[] = [
        ...outputFiles,
        // A package.json further up with "type": "module" would make Node load the bundle as an ES module.
        { path: join(directory, 'package.json'), contents: '{}\n' },
      ];
      // Without space for all of them, the last good version stays.
      for (const { path, contents } of files) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(`${path}.new`, contents);
      }
      for (const { path } of files) renameSync(`${path}.new`, path);
    },
  };
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** The file that has the mistake, and the file that its import does not find. */
function filesOf({ location, text }: Message): string[] {
  if (!location) return [];
  const missing = /^Could not resolve "(\.[^"]*)"/.exec(text)?.[1];
  return [location.file, ...(missing === undefined ? [] : [join(dirname(location.file), missing)])];
}

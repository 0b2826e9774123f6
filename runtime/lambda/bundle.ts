import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type BuildFailure, type BuildOptions, build, type Message, stop, version } from 'esbuild';
import type { Template } from '../template/index.ts';
import { type Build, createBundleCache } from './bundle-cache.ts';
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
 * template's files. Writes no bundle: call the bundles' `write`.
 * @param root each function has the folder `functions/LOGICAL_ID` below it.
 * @param cacheDirectory keeps each build for as long as its sources stay as they are.
 * @throws esbuild's BuildFailure, which names file and line.
 */
export async function bundleFunctions(
  template: Template,
  root: string,
  cacheDirectory?: string,
): Promise<Bundle[]> {
  try {
    const bundles: Bundle[] = [];
    for (const lambda of functionsOf(template))
      bundles.push(await bundleFunction(template, lambda, root, cacheDirectory));
    return bundles;
  } finally {
    // Otherwise esbuild's child process would keep running. To start it costs more than to bundle a function.
    await stop();
  }
}

async function bundleFunction(
  template: Template,
  lambda: LambdaFunction,
  root: string,
  cacheDirectory: string | undefined,
): Promise<Bundle> {
  const directory = resolve(root, 'functions', lambda.logicalId);
  const workingDirectory = resolve(dirname(template.file), lambda.codeUri);
  const addSources = (files: readonly string[]): void => {
    for (const file of files)
      if (!relative(workingDirectory, file).includes('node_modules/')) template.files.add(file);
  };
  addSources(lambda.build.entryPoints.map((file) => join(workingDirectory, file)));
  const options = optionsOf(lambda, workingDirectory);
  const cache = createBundleCache(cacheDirectory, workingDirectory);
  const text = JSON.stringify([version, options]);
  const startedMs = Date.now();
  let made = cache.find(lambda.logicalId, text);
  if (!made) {
    made = await buildOnce(options).catch((error: unknown) => {
      if (isBuildFailure(error))
        addSources(error.errors.flatMap(filesOf).map((file) => join(workingDirectory, file)));
      throw error;
    });
    cache.keep(lambda.logicalId, text, made, startedMs);
  }
  addSources(made.sources);
  return toBundle(lambda, directory, made);
}

type Options = ReturnType<typeof optionsOf>;

function optionsOf(
  { build: { entryPoints, external, minify, sourcemap, target } }: LambdaFunction,
  folder: string,
) {
  return {
    absWorkingDir: folder,
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
    outdir: folder,
    logLevel: 'silent',
    metafile: true,
    write: false,
  } as const satisfies BuildOptions;
}

async function buildOnce(options: Options): Promise<Build> {
  const { metafile, outputFiles } = await build(options);
  const { absWorkingDir } = options;
  const files = outputFiles.map(({ path, text }) => [
    relative(absWorkingDir, path),
    path.endsWith('.map') ? withAbsoluteSources(text, absWorkingDir) : text,
  ]);
  return {
    sources: Object.keys(metafile.inputs).map((file) => join(absWorkingDir, file)),
    files: Object.fromEntries(files),
  };
}

/** So that the source map is right in every folder that it is written to. */
function withAbsoluteSources(text: string, folder: string): string {
  const map: { sources: readonly string[] } = JSON.parse(text);
  return JSON.stringify({ ...map, sources: map.sources.map((source) => resolve(folder, source)) });
}

function toBundle(lambda: LambdaFunction, directory: string, { files }: Build): Bundle {
  const written = Object.entries(files).map(([name, text]) => ({ path: join(directory, name), text }));
  const hash = createHash('sha256');
  for (const { text } of written) hash.update(text);
  return {
    lambda,
    directory,
    sizes: new Map(
      written
        .filter(({ path }) => lambda.build.sourcemap || !path.endsWith('.map'))
        .map(({ path, text }) => [path, Buffer.byteLength(text)]),
    ),
    hash: hash.digest('hex'),
    write: () => {
      // A package.json further up with "type": "module" would make Node load the bundle as an ES module.
      const all = [...written, { path: join(directory, 'package.json'), text: '{}\n' }];
      // Without space for all of them, the last good version stays.
      for (const { path, text } of all) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(`${path}.new`, text);
      }
      for (const { path } of all) renameSync(`${path}.new`, path);
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

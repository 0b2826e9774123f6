import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What a build has made of its sources. */
export interface Build {
  /** Absolute paths. */
  readonly sources: readonly string[];
  /** The content of each file by its path below the output folder. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Finds the last build of a function again, so that a start, or a reload after a change of something else, need not run
 * esbuild: that takes half a second, and most of the CPU time of a start.
 */
export interface BundleCache {
  /** @returns undefined if the options, or anything that the build has read, may have changed since. */
  find(name: string, options: string): Build | undefined;
  /** @param startedMs when the build started, since the epoch. */
  keep(name: string, options: string, build: Build, startedMs: number): void;
}

/** A file system may store an older time than that at which it wrote a file. */
const CLOCK_STEP_MS = 50;

/**
 * @param directory for a file for each function. Without it, nothing is kept.
 * @param root the folder that the build resolves its packages from.
 */
export function createBundleCache(directory: string | undefined, root: string): BundleCache {
  if (directory === undefined) return { find: () => undefined, keep: () => {} };
  return {
    find: (name, options) => {
      const kept = readKept(join(directory, `${name}.json`));
      if (kept?.options !== options) return undefined;
      return kept.stamp === stampOf(kept.build.sources, root)?.stamp ? kept.build : undefined;
    },
    keep: (name, options, build, startedMs) => {
      try {
        // Before the stamp, which tells new entries of folders.
        mkdirSync(directory, { recursive: true });
        const stamped = stampOf(build.sources, root);
        // A source that was written meanwhile may have been read before that.
        if (!stamped || stamped.newestMs > startedMs - CLOCK_STEP_MS) return;
        const file = join(directory, `${name}.json`);
        const own = `${file}.${process.pid}`;
        writeFileSync(own, JSON.stringify({ options, stamp: stamped.stamp, build }));
        renameSync(own, file);
      } catch {
        // A folder that cannot be written to costs time at the next start, and nothing else.
      }
    },
  };
}

interface Kept {
  readonly options: string;
  readonly stamp: string;
  readonly build: Build;
}

function readKept(file: string): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isKept(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

function isKept(kept: unknown): kept is Kept {
  return (
    isObject(kept) &&
    typeof kept.options === 'string' &&
    typeof kept.stamp === 'string' &&
    isBuild(kept.build)
  );
}

function isBuild(build: unknown): build is Build {
  if (!isObject(build) || !isObject(build.files) || !Array.isArray(build.sources)) return false;
  return [...build.sources, ...Object.values(build.files)].every((text) => typeof text === 'string');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What esbuild reads beside the sources. */
const SETTINGS = ['package.json', 'tsconfig.json'];

interface Stamp {
  readonly stamp: string;
  /** When the newest file was changed, since the epoch. */
  readonly newestMs: number;
}

/**
 * Size and time of the last change of the sources, of the settings in all folders above them, and of these folders: a new
 * file there may take the place of a source.
 * @returns undefined if a source is missing.
 */
function stampOf(sources: readonly string[], root: string): Stamp | undefined {
  const folders = new Set(sources.flatMap((source) => foldersAbove(source, root)));
  const besides = [...folders].flatMap((folder) => [folder, ...SETTINGS.map((name) => join(folder, name))]);
  const found = [...sources, ...besides].map((path) => ({
    path,
    facts: statSync(path, { bigint: true, throwIfNoEntry: false }),
  }));
  if (found.slice(0, sources.length).some(({ facts }) => !facts)) return undefined;
  const hash = createHash('sha256');
  let newestMs = 0;
  for (const { path, facts } of found) {
    // The time of change and not that of modification, which whoever writes the file can set.
    hash.update(`${path}\n${facts?.size} ${facts?.ctimeNs}\n`);
    if (facts?.isFile()) newestMs = Math.max(newestMs, Number(facts.ctimeMs));
  }
  return { stamp: hash.digest('hex'), newestMs };
}

/** Up to the folder of all sources, or of all packages. */
function foldersAbove(file: string, root: string): string[] {
  const folder = dirname(file);
  const isLast = folder === root || basename(folder) === 'node_modules' || folder === dirname(folder);
  return isLast ? [folder] : [folder, ...foldersAbove(folder, root)];
}

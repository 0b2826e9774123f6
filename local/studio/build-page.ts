import { fileURLToPath } from 'node:url';
import { type BuildContext, context } from 'esbuild';

export const PAGE_FOLDER = fileURLToPath(new URL('./page', import.meta.url));

/** A file that index.html loads. */
export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array;
}

const TYPES: Readonly<Record<string, string>> = {
  'main.js': 'text/javascript; charset=utf-8',
  'main.css': 'text/css; charset=utf-8',
  'main.js.map': 'application/json',
  'main.css.map': 'application/json',
};

/**
 * Bundles the page when it is asked for, and again when its sources have changed, in memory.
 * @returns a function that finds a file by its name; undefined if there is none. It throws esbuild's error, with file and
 *   line, for a mistake in the sources.
 */
export function createPage(): (name: string) => Promise<PageFile | undefined> {
  let building: Promise<BuildContext> | undefined;
  const rebuild = async () => {
    building ??= begin();
    return (await building).rebuild();
  };
  return async (name) => {
    const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
    if (type === undefined) return undefined;
    const { outputFiles = [] } = await rebuild().catch((error: unknown) => {
      if (isBuildFailure(error)) throw error;
      // The runtime ends esbuild, and with it the context, whenever it has bundled a function.
      building = undefined;
      return rebuild();
    });
    const found = outputFiles.find(({ path }) => path.endsWith(`/${name}`));
    return found && { type, body: found.contents };
  };
}

/** Whether the sources have a mistake. */
function isBuildFailure(error: unknown): boolean {
  return error instanceof Error && 'errors' in error;
}

function begin(): Promise<BuildContext> {
  return context({
    absWorkingDir: PAGE_FOLDER,
    entryPoints: ['main.tsx'],
    outdir: 'bundled',
    write: false,
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
  });
}

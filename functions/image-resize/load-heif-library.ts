import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { HeifLibrary, HeifLoader } from './image/heic/heif-library.ts';

const LIBRARY = 'libheif-js/libheif-wasm/libheif.js';
const CODE = 'libheif-js/libheif-wasm/libheif.wasm';

/** The types of this global are among those of browsers. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (code: object, imports: object) => Instance;
};

interface Instance {
  readonly exports: object;
}

/** What the package's own loader takes, and returns when the library is ready. */
type Start = (options: {
  instantiateWasm(imports: object, take: (instance: Instance) => void): object;
  print(text: string): void;
  printErr(text: string): void;
}) => HeifLibrary;

/**
 * Finds libheif where HeicLayer puts it. Nothing is read before the first HEIC, and the code is compiled once.
 * @param file a file from which `require` finds the package. An `import` would not look into a layer.
 */
export function createHeifLoader(file: string): HeifLoader {
  let start: (() => HeifLibrary) | undefined;
  return {
    load() {
      start ??= prepare(createRequire(file));
      return start();
    },
    // V8 would do so much later.
    free: collectGarbage,
  };
}

let gc: (() => void) | undefined;

/** Takes 10 ms. V8 shows the function to contexts that begin after the flag is set. */
function collectGarbage(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc');
  }
  gc?.();
}

function prepare(require: NodeJS.Require): () => HeifLibrary {
  const start: Start = require(LIBRARY);
  const code = new WebAssembly.Module(readFileSync(require.resolve(CODE)));
  return () =>
    start({
      instantiateWasm: (imports, take) => {
        const instance = new WebAssembly.Instance(code, imports);
        take(instance);
        return instance.exports;
      },
      // What matters of it is in the errors.
      print: () => {},
      printErr: () => {},
    });
}

/** The process that decodes and encodes: whatever an image does, it does it here. image-process.ts starts and bounds it. */
import { setFlagsFromString } from 'node:v8';
import { isImageFault } from './image/errors.ts';
import { type MadeImage, makeRenditions, type RenderSettings } from './image/make-renditions.ts';
import type { Rendition } from './image/rendering/render.ts';
import { createHeifLoader } from './load-heif-library.ts';

/** What the worker is asked for. */
export interface MakeRequest extends RenderSettings {
  readonly source: Uint8Array;
}

/** What the worker reports; `fault` is the image's, `failure` is this code's. */
export type WorkerReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'rendition'; readonly rendition: Rendition }
  | { readonly kind: 'made'; readonly made: MadeImage }
  | { readonly kind: 'fault' | 'failure'; readonly name: string; readonly message: string };

// The pixels' external buffers trigger a full garbage collection for every image (5 % of the CPU). This flag makes them
// rare, and a warm process then holds about 30 MB more.
setFlagsFromString('--heap-growing-percent=150');

// The package is found from this program's file.
const heif = createHeifLoader(process.argv[1] ?? '');

process.on('message', (request: MakeRequest) => void make(request));
// The function has ended.
process.on('disconnect', () => process.exit());
void report({ kind: 'ready' });

async function make({ source, ...settings }: MakeRequest): Promise<void> {
  try {
    const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    const made = await makeRenditions(
      bytes,
      settings,
      (rendition) => report({ kind: 'rendition', rendition }),
      heif,
    );
    await report({ kind: 'made', made });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    await report({ kind: isImageFault(error) ? 'fault' : 'failure', name, message });
  }
}

function report(message: WorkerReport): Promise<void> {
  return new Promise((sent) => process.send?.(message, () => sent()));
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '../functions/image-resize/image/limits.ts';
import { ImageProcess } from '../functions/image-resize/image-process.ts';
import type { Task } from './image-runner.ts';

/** Makes the images that its parent sends, by the image core or by the image process, and answers when it is done. */
const [, , how, folder = ''] = process.argv;

async function createMaker() {
  if (how === 'in one process')
    return (await import('../functions/image-resize/image/make-renditions.ts')).makeRenditions;
  const images = new ImageProcess(join(folder, 'image-worker.js'));
  return images.make.bind(images);
}
const maker = createMaker();

process.on('message', async ({ files, rows }: Task) => {
  const makeRenditions = await maker;
  for (const file of files)
    await makeRenditions(readFileSync(file), { rows, limits: DEFAULT_LIMITS }, async () => {});
  process.send?.('done');
});

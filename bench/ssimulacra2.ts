import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const folder = mkdtempSync(join(tmpdir(), 'ssimulacra2-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

/**
 * @param reference the picture without a loss, in any format.
 * @param encoded the same picture as an encoder made it.
 * @returns the SSIMULACRA2 score that the program ssimulacra2_rs finds: 100 for equal pictures.
 */
export async function score(reference: Buffer, encoded: Buffer): Promise<number> {
  const [from, to] = [join(folder, 'reference.png'), join(folder, 'decoded.png')];
  for (const [path, picture] of [
    [from, reference],
    [to, encoded],
  ] as const)
    writeFileSync(path, await sharp(picture).png({ compressionLevel: 1 }).toBuffer());
  const { stdout, stderr, error } = spawnSync('ssimulacra2_rs', ['image', from, to], { encoding: 'utf8' });
  const found = Number(/Score: (\S+)/.exec(stdout)?.[1]);
  if (!Number.isFinite(found))
    throw new Error(`Expected a score of ssimulacra2_rs but received: ${stdout}${stderr}${error ?? ''}`);
  return found;
}

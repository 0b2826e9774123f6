import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { bundle } from './bundle.ts';
import { type Spread, spreadOf } from './spread.ts';

export interface Init {
  /** The function's load time divided by that of sharp and an S3 client alone, bundled the same way. */
  readonly ratio: Spread;
  readonly bundleKibibytes: number;
  readonly bareKibibytes: number;
}

/** A handler that loads sharp and an S3 client, and nothing else. */
const BARE = `import { S3Client } from '@aws-sdk/client-s3';
import sharp from 'sharp';
export const handler = () => [new S3Client({}), sharp];`;

/** Loads each bundle in fresh processes, in turn. */
export async function measureInit(folder: string, runs: number): Promise<Init> {
  const ours = await bundle(folder, 'handler', { entryPoints: ['functions/image-resize/handler.ts'] });
  const bare = await bundle(folder, 'bare', { stdin: { contents: BARE, resolveDir: process.cwd() } });
  const ratios = Array.from({ length: runs }, (_, index) => {
    const [first, second] = index % 2 ? [ours, bare] : [bare, ours];
    const times = new Map([first, second].map((file) => [file, load(file)]));
    return (times.get(ours) ?? 0) / (times.get(bare) ?? 1);
  });
  const kibibytes = (file: string) => Math.round(statSync(file).size / 1024);
  return { ratio: spreadOf(ratios), bundleKibibytes: kibibytes(ours), bareKibibytes: kibibytes(bare) };
}

function load(file: string): number {
  const script = `const started = performance.now(); require(${JSON.stringify(file)}).handler;
    console.log(performance.now() - started)`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    env: {
      ...process.env,
      AWS_REGION: 'us-east-1',
      ORIGINAL_IMAGES_BUCKET: 'originals',
      RESIZED_IMAGES_BUCKET: 'resized',
    },
  });
  const time = Number.parseFloat(stdout);
  if (!(time > 0)) throw new Error(`Expected the bundle to load but it did not: ${stderr}`);
  return time;
}

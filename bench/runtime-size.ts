/**
 * node bench/runtime-size.ts [KEYS=10000] [OBJECTS=10]: the runtime's memory with many keys and with objects of 100 MB.
 *
 * Puts that many small objects, lists them all, then puts and reads objects of 100 MB, two at once. Prints the
 * runtime's resident memory at each quarter: it must not grow with either.
 */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { startRuntime } from '../tests/support/runtime-process.ts';

const keys = Number(process.argv[2] ?? 10_000);
const objects = Number(process.argv[3] ?? 10);
const PIECE = Buffer.alloc(1024 * 1024, 'x');
const PIECES = 100;

const folder = await mkdtemp(join(tmpdir(), 'runtime-size-'));
const runtime = await startRuntime(folder, { listen: (text) => process.stderr.write(text) });
const { s3, addresses } = runtime.pipeline;
const Bucket = addresses.originalImagesBucket;
try {
  console.log(`at its start        ${residentMb()} MB`);
  await inQuarters('keys put', keys, 16, (index) =>
    s3.send(new PutObjectCommand({ Bucket, Key: `archive/${index % 100}/${index}`, Body: 'small' })),
  );
  let listed = 0;
  for await (const { KeyCount = 0 } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix: 'archive/' }))
    listed += KeyCount;
  if (listed !== keys) throw new Error(`Expected ${keys} keys but ${listed} were listed`);
  console.log(`${keys} keys listed  ${residentMb()} MB`);
  await inQuarters('of 100 MB put', objects, 2, (index) =>
    s3.send(
      new PutObjectCommand({
        Bucket,
        Key: `archive/large-${index}`,
        Body: Readable.from(Array.from({ length: PIECES }, () => PIECE)),
        ContentLength: PIECES * PIECE.length,
      }),
    ),
  );
  await inQuarters('of 100 MB read', objects, 2, async (index) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: `archive/large-${index}` }));
    let bytes = 0;
    if (Body instanceof Readable) for await (const piece of Body) bytes += piece.length;
    if (bytes !== PIECES * PIECE.length) throw new Error(`Read ${bytes} bytes of archive/large-${index}`);
  });
} finally {
  await runtime.killGroup();
  rmSync(folder, { recursive: true });
}

/** Works through all numbers below `count`, some at once, and tells the memory at each quarter. */
async function inQuarters(
  what: string,
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  const quarter = Math.ceil(count / 4);
  const memory: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      await work(index);
      if ((index + 1) % quarter === 0 || index + 1 === count) memory.push(residentMb());
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  console.log(`${count} ${what}  ${memory.join(', ')} MB`);
}

function residentMb(): number {
  const status = readFileSync(`/proc/${runtime.processId}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

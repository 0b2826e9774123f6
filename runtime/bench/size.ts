/**
 * node bench/size.ts [KEYS=10000] [OBJECTS=10]: the runtime's memory with many keys and with objects of 100 MB.
 *
 * Puts that many small objects, lists them all, then puts and reads objects of 100 MB, two at once. Prints the
 * runtime's resident memory at each quarter: it must not grow with either.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';

const keys = Number(process.argv[2] ?? 10_000);
const objects = Number(process.argv[3] ?? 10);
const PIECE = Buffer.alloc(1024 * 1024, 'x');
const PIECES = 100;

const Bucket = 'local-bucket';
const folder = await mkdtemp(join(tmpdir(), 'runtime-size-'));
const template = join(folder, 'template.yaml');
writeFileSync(template, 'Resources:\n  Bucket: { Type: AWS::S3::Bucket }\n');
const START = new URL('../start.ts', import.meta.url).pathname;
const flags = [
  '--template',
  template,
  '--data',
  folder,
  '--port',
  '0',
  '--s3-port',
  '0',
  '--cloudfront-port',
  '0',
];
const runtime = spawn(process.execPath, ['--max-semi-space-size=8', START, ...flags], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const s3 = new S3Client({
  endpoint: await s3Url(),
  region: 'us-east-1',
  credentials: { accessKeyId: 'administrator', secretAccessKey: 'local' },
});
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
  runtime.kill('SIGKILL');
  await once(runtime, 'close');
  rmSync(folder, { recursive: true });
}

/** The S3 address that the runtime prints when it is ready. */
async function s3Url(): Promise<string> {
  for await (const line of createInterface(runtime.stdout)) {
    const [, url] = /^S3 +(\S+)/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('Expected an S3 address from the runtime but it ended.');
}

/** Works through all numbers below `count`, some at once, and prints the memory at each quarter. */
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
  const status = readFileSync(`/proc/${runtime.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

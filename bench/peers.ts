import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { outputFormat } from '../functions/image-resize/image/rows/output-format.ts';
import type { RenditionRow } from '../functions/image-resize/image/rows/rendition-row.ts';
import { fixedQuality } from './fixed-quality.ts';
import type { Scene } from './image-sources.ts';
import { type Spread, spreadOf } from './spread.ts';

/** The cost of another program that makes the same renditions, run as a whole process, as a script would run it. */
export interface PeerLine {
  readonly peer: string;
  /** The core's cost divided by this peer's, run by run. Both start a process for the image. */
  readonly cpu: Spread;
  readonly wall: Spread;
  readonly bytes: number;
  readonly peakMebibytes: number;
  readonly cpuMs: number;
}

interface Peer {
  readonly isInstalled: () => boolean;
  readonly command: (file: string, folder: string, rows: readonly RenditionRow[]) => readonly string[];
}

const runs = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const boxOf = ({ width, height }: RenditionRow) => `${width ?? ''}x${height ?? ''}>`;
const fileOf = (folder: string, { name, format }: RenditionRow) =>
  join(folder, `${name}.${format === 'source' ? 'png' : outputFormat(format).extension}`);

/** Decodes the image once, as the core does. */
const PILLOW = `
import json, sys
from PIL import Image, ImageOps
file, rows = sys.argv[1], json.loads(sys.argv[2])
with Image.open(file) as opened:
    image = ImageOps.exif_transpose(opened).convert("RGB")
for row in rows:
    made = image.copy()
    made.thumbnail((row["width"], row.get("height") or 100000), Image.Resampling.LANCZOS)
    options = {"speed": 10, "subsampling": "4:2:0"} if row["format"] == "avif" else {}
    made.save(row["file"], quality=row["quality"], **options)
`;

const PEERS: Readonly<Record<string, Peer>> = {
  'Pillow, one decode': {
    isInstalled: () =>
      runs('python3', '-c', 'from PIL import features; assert features.check_module("avif")'),
    command: (file, folder, rows) => [
      'python3',
      '-c',
      PILLOW,
      file,
      JSON.stringify(rows.map((row) => ({ ...row, quality: fixedQuality(row), file: fileOf(folder, row) }))),
    ],
  },
  'vipsthumbnail, a call each': {
    isInstalled: () => runs('vipsthumbnail', '--version'),
    command: (file, folder, rows) => [
      'sh',
      '-c',
      rows
        .map((row) => {
          // The libvips releases of 2023 write AVIF only to files with the extension .heif.
          const target = fileOf(folder, row).replace('.avif', '.heif');
          const options = row.format === 'avif' ? ',compression=av1,effort=0' : '';
          return `vipsthumbnail '${file}' -s '${boxOf(row)}' -o '${target}[Q=${fixedQuality(row)}${options},strip]'`;
        })
        .join(' && '),
    ],
  },
  'ImageMagick, one decode': {
    isInstalled: () => runs('convert', '-version'),
    command: (file, folder, rows) => [
      'convert',
      file,
      '-auto-orient',
      '-strip',
      ...rows.flatMap((row) => [
        '(',
        '+clone',
        '-resize',
        boxOf(row),
        '-quality',
        String(fixedQuality(row)),
        ...(row.format === 'avif' ? ['-define', 'heic:speed=9', '-define', 'heic:chroma=420'] : []),
        '-write',
        fileOf(folder, row),
        '+delete',
        ')',
      ]),
      'null:',
    ],
  },
};

/**
 * Measures the core and every installed peer in turn, `count` times.
 * @param coreFile a bundle that writes the renditions of the image in its first argument to the folder in its second.
 */
export async function comparePeers(
  scene: Scene,
  coreFile: string,
  folder: string,
  count: number,
): Promise<PeerLine[]> {
  const [file = ''] = scene.files;
  const core: Peer = {
    isInstalled: () => true,
    command: (source, target) => [process.execPath, coreFile, source, target],
  };
  const installed = Object.entries({ core, ...PEERS }).filter(([, peer]) => peer.isInstalled());
  const once = async (peer: Peer): Promise<Cost> => {
    const target = mkdtempSync(join(folder, 'peer-'));
    try {
      return await run(peer.command(file, target, scene.rows), target);
    } finally {
      rmSync(target, { recursive: true });
    }
  };
  const peers: typeof installed = [];
  // Fills the disk cache, and drops the programs that are built without AVIF.
  for (const [name, peer] of installed)
    await once(peer).then(
      () => peers.push([name, peer]),
      (error: Error) => console.error(`${name} cannot make these renditions: ${error.message}`),
    );
  const costs = new Map(peers.map(([name]) => [name, [] as Cost[]]));
  for (let round = 0; round < count; round += 1)
    for (const [name, peer] of peers) costs.get(name)?.push(await once(peer));
  const own = costs.get('core') ?? [];
  return [...costs].map(([peer, found]) => ({
    peer,
    cpu: spreadOf(found.map(({ cpuMs }, index) => (own[index]?.cpuMs ?? 0) / cpuMs)),
    wall: spreadOf(found.map(({ wallMs }, index) => (own[index]?.wallMs ?? 0) / wallMs)),
    bytes: (own[0]?.bytes ?? 0) / (found[0]?.bytes ?? 0),
    peakMebibytes: Math.max(...found.map(({ peakMebibytes }) => peakMebibytes)),
    cpuMs: spreadOf(found.map(({ cpuMs }) => cpuMs)).median,
  }));
}

interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly bytes: number;
  readonly peakMebibytes: number;
}

/** CPU is what the shell's `times` reports for its children, the peak that of the largest process every 10 ms. */
async function run(command: readonly string[], target: string): Promise<Cost> {
  const started = performance.now();
  const child = spawn('bash', ['-c', '"$@" >/dev/null && times', 'bash', ...command]);
  let [printed, complained, peakMebibytes] = ['', '', 0];
  child.stdout.on('data', (text) => {
    printed += text;
  });
  child.stderr.on('data', (text) => {
    complained += text;
  });
  const sampling = setInterval(() => {
    peakMebibytes = Math.max(peakMebibytes, ...peaksBelow(child.pid ?? 0));
  }, 10);
  const status = await new Promise((done) => child.once('close', done));
  clearInterval(sampling);
  const wallMs = performance.now() - started;
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}: ${complained}`);
  const [, ofChildren = ''] = printed.trim().split('\n');
  const cpuMs = ofChildren.split(' ').reduce((sum, text) => {
    const [, minutes = 0, seconds = 0] = /(\d+)m([\d.]+)s/.exec(text) ?? [];
    return sum + Number(minutes) * 60_000 + Number(seconds) * 1000;
  }, 0);
  const bytes = readdirSync(target).reduce((sum, name) => sum + statSync(join(target, name)).size, 0);
  return { cpuMs, wallMs, bytes, peakMebibytes };
}

/** The peak memory in MiB of a process and of each of its descendants; empty on a system without /proc. */
function peaksBelow(processId: number): number[] {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'utf8');
    const children = readFileSync(`/proc/${processId}/task/${processId}/children`, 'utf8').trim();
    const own = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
    return [
      own,
      ...children
        .split(' ')
        .filter(Boolean)
        .flatMap((child) => peaksBelow(Number(child))),
    ];
  } catch {
    return [];
  }
}

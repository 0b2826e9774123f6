/**
 * How another command of this machine finds the runtime that `npm start` runs over a data folder: the runtime writes its
 * addresses and a token into the folder, and serves the same file. Only a server that has this file is given anything.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Addresses } from './introduce.ts';

const PATH = '/running/';
const FILE = 'addresses.json';
/** The runtime answers within milliseconds, unless every core is busy. */
const PATIENCE_MS = 5000;

/** The page of the runtime that serves the file. */
export function runningPage(dataDirectory: string): Record<string, string> {
  return { [PATH]: folderOf(dataDirectory) };
}

/** Writes the file. @returns what removes it. */
export function announceRunning(dataDirectory: string, addresses: Addresses): () => void {
  const file = join(folderOf(dataDirectory), FILE);
  mkdirSync(folderOf(dataDirectory), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify({ ...addresses, token: randomUUID() }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return () => rmSync(file, { force: true });
}

/** The addresses of the runtime over a data folder; undefined if none runs. */
export async function findRunning(dataDirectory: string): Promise<Addresses | undefined> {
  try {
    const text = readFileSync(join(folderOf(dataDirectory), FILE), 'utf8');
    const addresses: Addresses = JSON.parse(text);
    const answer = await fetch(new URL(PATH + FILE, addresses.states), {
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirect: 'error',
    });
    return (await answer.text()) === text ? addresses : undefined;
  } catch {
    // There is no file, or it is left from a runtime that was killed.
    return undefined;
  }
}

function folderOf(dataDirectory: string): string {
  return join(dataDirectory, 'running');
}

/**
 * How another command of this machine finds the runtime that `npm start` runs over a data folder: the runtime writes its
 * addresses and a secret into the folder, and proves to whoever asks that it knows the secret, without telling it. Another
 * user, who may listen on the port once the runtime has been killed, cannot.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type { Addresses } from './introduce.ts';

const PATH = '/running/';
const FILE = 'addresses.json';
/** The runtime answers within milliseconds, unless every core is busy. */
const PATIENCE_MS = 5000;

export interface Announcement {
  /** What the runtime answers with below its paths. */
  readonly listeners: Readonly<Record<string, RequestListener>>;
  /** Writes the file. @returns what removes it. */
  publish(dataDirectory: string, addresses: Addresses): () => void;
}

export function prepareAnnouncement(): Announcement {
  const secret = randomBytes(32).toString('hex');
  return {
    listeners: { [PATH]: ({ url = '' }, response) => void response.end(prove(secret, url)) },
    publish(dataDirectory, addresses) {
      const folder = folderOf(dataDirectory);
      const file = join(folder, FILE);
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify({ addresses, secret }), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      return () => rmSync(file, { force: true });
    },
  };
}

/** The addresses of the runtime over a data folder; undefined if none runs. */
export async function findRunning(dataDirectory: string): Promise<Addresses | undefined> {
  try {
    const text = readFileSync(join(folderOf(dataDirectory), FILE), 'utf8');
    const { addresses, secret }: { addresses: Addresses; secret: string } = JSON.parse(text);
    const question = PATH + randomUUID();
    const answer = await fetch(new URL(question, addresses.states), {
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirect: 'error',
    });
    return (await answer.text()) === prove(secret, question) ? addresses : undefined;
  } catch {
    // There is no file, or it is left from a runtime that was killed.
    return undefined;
  }
}

/** @param question a path that nobody has asked before. */
function prove(secret: string, question: string): string {
  return createHmac('sha256', secret).update(question).digest('hex');
}

function folderOf(dataDirectory: string): string {
  return join(dataDirectory, 'running');
}

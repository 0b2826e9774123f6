// The S3 service in a process that is killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { S3Client } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import type { Moment } from './process.ts';
import { clientFor } from './service.ts';

const SERVICE = join(import.meta.dirname, 'process.ts');

/** The service in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  readonly url: string;
}

/** Starts the service in a process that dies at that moment; empty for one that lives. */
export async function startChild(
  directory: string,
  moment: string,
  versionedBuckets: readonly string[] = [],
): Promise<Child> {
  const flags = ['--disable-warning=ExperimentalWarning', SERVICE, directory, moment, ...versionedBuckets];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = await once(createInterface(child.stdout), 'line');
  return { process: child, url: String(url) };
}

/** Starts the service in a process that dies at that moment, and calls it until then. */
export async function dieWhile(
  directory: string,
  moment: Moment,
  work: (client: S3Client) => Promise<unknown>,
  versionedBuckets: readonly string[] = [],
): Promise<void> {
  const child = await startChild(directory, moment, versionedBuckets);
  const gone = once(child.process, 'exit');
  const client = clientFor(child.url, 'anyone');
  const answered = await work(client).then(
    () => true,
    () => false,
  );
  client.destroy();
  expect(answered, 'an acknowledgement before the death').to.equal(false);
  const [, signal] = await gone;
  expect(signal).to.equal('SIGKILL');
}

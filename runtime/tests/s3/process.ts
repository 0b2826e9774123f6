// The S3 service on a folder, for its tests. When this file is run, the service is in a process that can be killed;
// that process starts faster without the SDK.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../database.ts';
import { AccessDeniedError, type Authorize } from '../../iam/permissions.ts';
import type { CorsRule } from '../../s3/buckets.ts';
import { createS3Server } from '../../s3/server.ts';

export const BUCKETS = ['notes', 'pages'];
/** The origin of the pages that the runtime itself serves. */
export const OWN_PAGE = 'http://127.0.0.1:3000';

export interface ListeningService {
  readonly url: string;
  /** What each role may do: pairs of action and resource. Roles that are not here may do everything. */
  readonly allowed: Map<string, readonly string[]>;
  /** The CorsConfiguration of each bucket that has one. */
  readonly corsRules: Map<string, readonly CorsRule[]>;
  readonly database: DatabaseSync;
  readonly close: () => Promise<void>;
}

/** Starts the service on a folder; its events go into a table, in the order in which they were recorded. */
export async function listen(
  directory: string,
  versionedBuckets: readonly string[] = [],
): Promise<ListeningService> {
  const database = openDatabase(directory);
  database.exec('CREATE TABLE IF NOT EXISTS test_events (event TEXT NOT NULL)');
  const allowed = new Map<string, readonly string[]>();
  const corsRules = new Map<string, readonly CorsRule[]>();
  const authorize: Authorize = (principal, action, resource) => {
    const isRole = principal !== 'administrator' && 'role' in principal;
    const rights = isRole ? allowed.get(principal.role) : undefined;
    if (rights === undefined || rights.includes(`${action} ${resource}`)) return;
    throw new AccessDeniedError(`${JSON.stringify(principal)} may not ${action} on ${resource}`);
  };
  const save = database.prepare('INSERT INTO test_events VALUES (?)');
  const server = openOrClose(database, {
    database,
    directory: join(directory, 's3'),
    buckets: BUCKETS,
    versionedBuckets,
    corsRulesOf: (bucket) => corsRules.get(bucket),
    isOwnPage: (origin) => origin === OWN_PAGE,
    authorize,
    principalOf: (id) => (id?.endsWith('Role') ? { role: id } : 'administrator'),
    recordEvent: (event) => void save.run(JSON.stringify(event)),
    eventsRecorded: () => undefined,
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    allowed,
    corsRules,
    database,
    async close() {
      await server.close();
      database.close();
    },
  };
}

/** @throws what createS3Server throws, after closing the database: the folder can then be opened again. */
function openOrClose(database: DatabaseSync, options: Parameters<typeof createS3Server>[0]) {
  try {
    return createS3Server(options);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The moments at which a service under test can be made to die. */
export type Moment =
  | 'event recorded'
  | 'before rename'
  | 'after rename'
  | 'before second rename'
  | 'after second rename'
  | 'before unlink';

/** Makes this process kill itself at that moment of the next change. */
function dieAt(moment: string): void {
  const { renameSync, rmSync: unlink } = fs;
  const die = (when: Moment) => {
    if (when === moment) process.kill(process.pid, 'SIGKILL');
  };
  let renames = 0;
  fs.renameSync = (from, to) => {
    renames += 1;
    const rename = renames === 1 ? 'rename' : 'second rename';
    die(`before ${rename}`);
    renameSync(from, to);
    die(`after ${rename}`);
  };
  fs.rmSync = (path, options) => {
    die('before unlink');
    unlink(path, options);
  };
  syncBuiltinESMExports();
}

if (import.meta.main) {
  const [, , directory = '', moment = '', ...versionedBuckets] = process.argv;
  const service = await listen(directory, versionedBuckets);
  if (moment === 'event recorded') {
    service.database.function('die', () => process.kill(process.pid, 'SIGKILL') && null);
    service.database.exec('CREATE TEMP TRIGGER die AFTER INSERT ON test_events BEGIN SELECT die(); END');
  }
  dieAt(moment);
  process.stdout.write(`${service.url}\n`);
}

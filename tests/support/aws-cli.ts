import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { Addresses } from './start-command.ts';

/** A Python interpreter in the same folder as the AWS CLI; `.ci/run` installs both. */
const { SAM_PYTHON = '' } = process.env;

/** PyPI has only version 1 of the AWS CLI, which ignores AWS_ENDPOINT_URL for SQS and calls a legacy endpoint. */
const AS_VERSION_2 =
  'aws() { if [ "$1" = sqs ]; then command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; else command aws "$@"; fi; }';

/** Whether there is an AWS CLI; prints what is skipped if there is none. */
export function hasAwsCli(): boolean {
  const isThere = existsSync(join(dirname(SAM_PYTHON), 'aws'));
  if (!isThere) console.log('    Skipped: set SAM_PYTHON to a Python with awscli, as .ci/run does.');
  return isThere;
}

/**
 * Runs commands of the docs in bash, with the addresses of a pipeline in place of those of `npm start`.
 * @returns what they print.
 */
export function runCommands(
  commands: string,
  { states, s3 }: Addresses,
  env: Readonly<Record<string, string>> = {},
): string {
  const script = `set -e\n${AS_VERSION_2}\n${commands}`
    // In one pass, because the port that replaces 3000 may begin with 4566.
    .replaceAll(/http:\/\/127\.0\.0\.1:(3000|4566)\b/g, (_url, port) => (port === '3000' ? states : s3));
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    env: { PATH: `${dirname(SAM_PYTHON)}:${process.env.PATH}`, AWS_PAGER: '', HOME: '/nowhere', ...env },
  });
  expect(status, stderr).to.equal(0);
  return stdout;
}

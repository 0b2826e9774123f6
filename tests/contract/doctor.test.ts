import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { runScript } from '../support/run-script.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Runs the command of `npm run doctor` on a machine whose `sam` has this version, without AWS. */
function runDoctor(words: readonly string[], environment: Record<string, string> = {}, sam = '1.171.0') {
  const folder = temporaryFolder('doctor');
  for (const [command, version] of [
    ['sam', `SAM CLI, version ${sam}`],
    ['make', 'GNU Make 4.4'],
  ] as const) {
    writeFileSync(join(folder, command), `#!/bin/sh\necho '${version}'\n`);
    chmodSync(join(folder, command), 0o755);
  }
  return runScript('doctor', words, { PATH: folder, ...environment });
}

describe('npm run doctor', () => {
  it('npm run doctor prints what is wrong with this machine, and exits with 1', async () => {
    const { code, stdout, stderr } = await runDoctor(
      ['--stack-name', 'pictures', '--parameter-overrides', 'Tracing=true', 'MemorySize=2048'],
      { AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:3000' },
      '1.120.0',
    );
    expect(stderr).to.equal('');
    expect(stdout.split('\n').slice(0, 7)).to.deep.equal([
      'pictures',
      '',
      'STOP sam          Upgrade the SAM CLI: 1.120.0 is older than 1.170.0.',
      'ok   make         is there.',
      'STOP endpoint     Unset AWS_ENDPOINT_URL: it leads to npm start, not to AWS.',
      'STOP region       Set AWS_DEFAULT_REGION too: sam does not read AWS_REGION.',
      'STOP credentials  Sign in, or export new ones: CredentialsProviderError.',
    ]);
    expect(code).to.equal(1);
  });

  it('npm run doctor says that it needs a region if nothing names one', async () => {
    const { code, stdout } = await runDoctor([]);
    expect(stdout).to.include('STOP region       Set AWS_REGION and AWS_DEFAULT_REGION.');
    expect(code).to.equal(1);
  });

  it('npm run doctor explains its flags, and refuses a wrong one with 1', async () => {
    const help = await runDoctor(['--help']);
    expect(help.stdout).to.include('--parameter-overrides NAME=VALUE');
    expect(help.code).to.equal(0);
    const wrong = await runDoctor(['--config-env', 'nowhere']);
    expect(wrong.stderr).to.include('--config-env: expected a table of samconfig.toml');
    expect(wrong.code).to.equal(1);
  });
});

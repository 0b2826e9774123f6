/** `npm run doctor`: says, before `sam deploy`, what would stop or surprise a deployment. It changes nothing. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { STSClient } from '@aws-sdk/client-sts';
import { type Deployment, readDeployment } from './deployment.ts';
import type { Machine } from './doctor/account.ts';
import { examine, formatReport, isStopped } from './doctor/doctor.ts';

const USAGE = `npm run doctor -- [--stack-name NAME] [--region REGION] [--profile PROFILE]
                  [--config-env ENVIRONMENT] [--config-file FILE]
                  [--parameter-overrides NAME=VALUE ...]

Takes the flags and the samconfig.toml of sam deploy. Exits with 1 if something would
stop the deployment.`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    // Several overrides may follow one --parameter-overrides.
    allowPositionals: true,
    options: {
      'stack-name': { type: 'string' },
      region: { type: 'string' },
      profile: { type: 'string' },
      'config-env': { type: 'string' },
      'config-file': { type: 'string' },
      'parameter-overrides': { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const deployment = readDeployment(values, positionals);
  if (deployment.profile !== undefined) process.env.AWS_PROFILE = deployment.profile;
  const report = await examine(deployment, await regionOf(deployment), lookAtMachine());
  console.log(formatReport(report, deployment).join('\n'));
  return isStopped(report) ? 1 : 0;
}

/** As sam finds it; then as the SDK does, in AWS_REGION and in the profile. */
async function regionOf({ region }: Deployment): Promise<string | undefined> {
  const named = region ?? process.env.AWS_DEFAULT_REGION;
  if (named) return named;
  return new STSClient({}).config.region().catch(() => undefined);
}

function lookAtMachine(): Machine {
  return {
    sam: /(\d+\.\d+\.\d+)/.exec(versionOf('sam'))?.[1],
    hasMake: versionOf('make') !== '',
    environment: process.env,
  };
}

/** What a command prints for --version; nothing if it cannot be run. */
function versionOf(command: string): string {
  const { stdout } = spawnSync(command, ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return stdout ?? '';
}

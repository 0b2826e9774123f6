import { gte } from 'semver';
import { type Finding, fit, note, ok, stop } from '../../finding.ts';
import type { Machine } from '../account.ts';

/** README.md, "Deploy". */
const OLDEST_SAM = '1.170.0';

/** What the machine that deploys must have. */
export function checkMachine({ sam, hasMake, environment }: Machine): Finding[] {
  const local = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'].filter((name) =>
    /\/\/(127\.|localhost)/.test(environment[name] ?? ''),
  );
  return [
    checkSam(sam),
    hasMake ? ok('make', 'is there.') : stop('make', 'Install make: sam build needs it for the layer.'),
    ...local.map((name) => stop('endpoint', fit`Unset ${name}: it leads to npm start, not to AWS.`)),
  ];
}

function checkSam(version: string | undefined): Finding {
  if (version === undefined)
    return stop('sam', fit`Install the SAM CLI, ${OLDEST_SAM} or newer: README.md, "Deploy".`);
  return gte(version, OLDEST_SAM)
    ? ok('sam', fit`${version} is new enough.`)
    : stop('sam', fit`Upgrade the SAM CLI: ${version} is older than ${OLDEST_SAM}.`);
}

/**
 * Whether the SAM CLI takes this region too. It reads AWS_DEFAULT_REGION, and never AWS_REGION.
 * Source: botocore, configprovider.py.
 * @param isNamed by a flag or in samconfig.toml.
 */
export function checkRegion(region: string, isNamed: boolean, { environment }: Machine): Finding {
  const { AWS_REGION: ofSdk, AWS_DEFAULT_REGION: ofSam } = environment;
  if (isNamed || ofSdk === undefined || ofSdk === ofSam) return ok('region', fit`${region}.`);
  return ofSam === undefined
    ? stop('region', 'Set AWS_DEFAULT_REGION too: sam does not read AWS_REGION.')
    : note('region', fit`sam takes AWS_DEFAULT_REGION, ${ofSam}, and not ${ofSdk}.`);
}

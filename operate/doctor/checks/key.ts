import type { Plan } from '../../deployment.ts';
import { type Finding, fit, note, ok, stop } from '../../finding.ts';
import type { Account, Key } from '../account.ts';
import { about } from './about.ts';

/** Whether the key of KmsKeyArn can encrypt, and lets the services use it that pass through it. */
export function checkKey(plan: Plan, account: Account): Finding[] {
  const arn = plan.parameters.KmsKeyArn ?? '';
  const region = arn.split(':')[3] ?? '';
  if (arn && region !== account.region)
    return [stop('kms key', fit`Name a key of ${account.region}: this one is of ${region}.`)];
  return about('kms key', account.key, (key) => checkUse(plan, key));
}

function checkUse({ parameters }: Plan, key: Key | undefined): Finding[] {
  if (key === undefined) return [stop('kms key', 'Set KmsKeyArn to a key that exists.')];
  if (key.state !== 'Enabled') return [stop('kms key', fit`Enable the key: it is ${key.state}.`)];
  if (key.spec !== 'SYMMETRIC_DEFAULT')
    return [stop('kms key', fit`Choose a symmetric key: this one is ${key.spec}.`)];
  return about('kms key', key.policy, (policy) => {
    const lacks = (service: string) => !policy.includes(`${service}.amazonaws.com`);
    // S3 tries to publish when the bucket gets its notification.
    if (parameters.Announce === 'true' && parameters.ExistingResizedImagesBucket === '' && lacks('s3'))
      return [stop('kms key', 'Deploy without Announce first, then add KmsKeyPolicyStatement.')];
    const isReady = !lacks('cloudwatch') && !(parameters.Delivery === 'CLOUDFRONT' && lacks('cloudfront'));
    return isReady
      ? [ok('kms key', 'is enabled, and its policy names the services.')]
      : [note('kms key', 'Afterwards add the output KmsKeyPolicyStatement.')];
  });
}

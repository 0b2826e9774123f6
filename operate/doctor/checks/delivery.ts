import type { Plan } from '../../deployment.ts';
import { type Finding, fit, note, ok, stop } from '../../finding.ts';
import type { Account, Certificate } from '../account.ts';
import { about } from './about.ts';

/** Whether CloudFront takes the distribution of Delivery=CLOUDFRONT. */
export function checkDelivery(
  { parameters }: Plan,
  { distributions, certificate, hasKeyGroup }: Account,
): Finding[] {
  const domain = parameters.ImagesDomainName ?? '';
  return [
    ...about('cloudfront', distributions, (count) => [
      // CloudFront asks for the verification when it creates the first one, and no call tells before.
      count > 0
        ? ok('cloudfront', 'The account has distributions already.')
        : note('cloudfront', 'If it is refused: AWS Support verifies the account.'),
    ]),
    ...(distributions && domain && !parameters.ImagesCertificateArn
      ? [stop('certificate', fit`Set ImagesCertificateArn, for ${domain}.`)]
      : []),
    ...about('certificate', certificate, (found) => [checkCertificate(found, domain)]),
    ...about('key group', hasKeyGroup, (exists) => [
      exists
        ? ok('key group', 'is there.')
        : stop('key group', 'Set TrustedKeyGroupId to one of this account.'),
    ]),
  ];
}

function checkCertificate(certificate: Certificate | undefined, domain: string): Finding {
  if (certificate === undefined)
    return stop('certificate', 'Set ImagesCertificateArn to one of us-east-1 that exists.');
  const { status, names } = certificate;
  if (status !== 'ISSUED') return stop('certificate', fit`Finish its validation first: it is ${status}.`);
  if (domain && !names.some((name) => covers(name, domain)))
    return stop('certificate', fit`Choose another: it is not for ${domain}.`);
  return ok('certificate', 'is issued.');
}

/** Whether a certificate's name, such as *.example.com, is for a domain. */
function covers(name: string, domain: string): boolean {
  return name === domain || (name.startsWith('*.') && domain.replace(/^[^.]+/, '*') === name);
}

// The conditions that keep a service from using a role for another account. Follows "The confused deputy problem" and
// "AWS global condition context keys" (IAM User Guide).

import { ACCOUNT_ID, REGION, type Value } from '../template/index.ts';
import { compileWildcard } from '../wildcard.ts';

/** The resources for which a service assumes a role, as the end of an ARN. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ['events.amazonaws.com', 'rule/*'],
  ['lambda.amazonaws.com', 'function:*'],
  ['states.amazonaws.com', 'stateMachine:*'],
]);

/**
 * Whether a statement of a trust policy lets this service assume the role for the resources of the local account.
 * @throws TemplateError for a condition that cannot be evaluated here.
 */
export function isTrustedHere(statement: Value, service: string): boolean {
  const condition = statement.at('Condition');
  if (condition.isAbsent) return true;
  // API Gateway sends neither key when it assumes the role of an integration, so that every request would fail.
  if (service === 'apigateway.amazonaws.com')
    condition.fail(`no Condition for ${service}, which sends neither aws:SourceAccount nor aws:SourceArn,`);
  condition.only(['ArnLike', 'StringEquals', 'StringLike']);
  const holds = (operator: string, key: string, test: (value: Value) => boolean): boolean =>
    condition.at(operator).ifPresent((keys) => {
      const answers = keys.only([key]).at(key).listOrOne().map(test);
      return answers.includes(true);
    }) ?? true;
  return ![
    holds('StringEquals', 'aws:SourceAccount', (value) => value.text() === ACCOUNT_ID),
    holds('StringLike', 'aws:SourceAccount', (value) => compileWildcard(value.text())(ACCOUNT_ID)),
    holds('ArnLike', 'aws:SourceArn', (value) => isLocal(value, service)),
  ].includes(false);
}

/** Whether an ARN's pattern covers all local resources for which the service assumes roles. */
function isLocal(arn: Value, service: string): boolean {
  const [start, partition, name, region, account, ...rest] = arn.text().split(':');
  const sources = SOURCES.get(service) ?? arn.fail(`no aws:SourceArn for ${service}`);
  // A pattern for single resources would need the ARN of the one that uses the role.
  if (!['*', sources].includes(rest.join(':'))) arn.fail(`an ARN that ends in :* or :${sources}`);
  const here = ['arn', 'aws', service.replace('.amazonaws.com', ''), REGION, ACCOUNT_ID];
  // In ArnLike, a wildcard does not reach beyond a colon.
  return [start, partition, name, region, account].every((part = '', index) =>
    compileWildcard(part)(here[index] ?? ''),
  );
}

import type { Plan } from '../../deployment.ts';
import { type Finding, fit, note, ok, stop } from '../../finding.ts';
import type { Account } from '../account.ts';
import { about } from './about.ts';

/** Whether API Gateway takes the requests and writes the logs that the parameters ask for. */
export function checkApi({ parameters }: Plan, { apiGateway, stack }: Account): Finding[] {
  return about('api', apiGateway, ({ logRole, requestsPerSecond, burst }) => [
    ...(Number(parameters.ApiRequestsPerSecond) > requestsPerSecond
      ? [note('api', fit`Set ApiRequestsPerSecond to ${requestsPerSecond}, the account's limit.`)]
      : []),
    ...(Number(parameters.ApiBurst) > burst
      ? [note('api', fit`Set ApiBurst to ${burst}, the account's limit.`)]
      : []),
    ...(parameters.ApiAuth === 'NONE'
      ? [note('api', 'Anybody may call it at your cost: docs/cost-abuse.md.')]
      : []),
    checkLogRole(parameters, logRole, stack),
  ]);
}

function checkLogRole(
  { ApiAccessLogs, SetApiGatewayLogRole }: Plan['parameters'],
  logRole: string | undefined,
  stack: Account['stack'],
): Finding {
  if (SetApiGatewayLogRole === 'true') {
    const name = logRole?.replace(/^.*\//, '');
    const isOurs = 'is' in stack && name !== undefined && stack.is?.physicalIds.includes(name);
    return name === undefined || isOurs
      ? ok('api', 'The stack sets the role of access logs.')
      : note('api', fit`Replaces the account's log role: ${name}.`);
  }
  if (ApiAccessLogs !== 'true') return ok('api', 'writes no access logs.');
  return logRole === undefined
    ? stop('api', 'Set SetApiGatewayLogRole=true: the account has no log role.')
    : ok('api', 'The account has a role for access logs.');
}

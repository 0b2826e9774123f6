import { TemplateError } from 'aws-on-one-machine';
import { type Deployment, type Plan, planDeployment } from '../deployment.ts';
import { type Finding, fit, formatFinding, ok, stop } from '../finding.ts';
import type { Caller, Machine } from './account.ts';
import { askAccount, askCaller, askStack } from './ask-account.ts';
import { checkAccount, checkMachine, checkRegion } from './checks/index.ts';

/** A report on what `sam deploy` would meet. */
export interface Report {
  readonly findings: readonly Finding[];
  /** Undefined without credentials. */
  readonly caller?: Caller;
}

/**
 * Looks at everything that a deployment depends on.
 * @param region of the deployment; undefined if nobody names one.
 */
export async function examine(
  deployment: Deployment,
  region: string | undefined,
  machine: Machine,
): Promise<Report> {
  const findings = checkMachine(machine);
  if (region === undefined)
    return { findings: [...findings, stop('region', 'Set AWS_REGION and AWS_DEFAULT_REGION.')] };
  findings.push(checkRegion(region, deployment.region !== undefined, machine));
  const caller = await askCaller(region).catch((error: unknown) => nameOf(error));
  if (typeof caller === 'string')
    return { findings: [...findings, stop('credentials', fit`Sign in, or export new ones: ${caller}.`)] };
  const stack = await askStack(deployment.stackName, region);
  const plan = tryToPlan(deployment, region, 'is' in stack ? stack.is?.parameters : undefined);
  if (Array.isArray(plan)) return { caller, findings: [...findings, ...plan] };
  findings.push(describeParameters(plan, deployment));
  return { caller, findings: [...findings, ...checkAccount(plan, await askAccount(plan, caller, stack))] };
}

function tryToPlan(
  deployment: Deployment,
  region: string,
  inStack: Readonly<Record<string, string>> | undefined,
): Plan | Finding[] {
  try {
    return planDeployment(deployment, region, inStack);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return error.message.split('\n').map((mistake) => stop('parameters', describeMistake(mistake)));
  }
}

/** @param mistake "template.yaml:59: expected one of … for parameter ApiAuth, found …" */
function describeMistake(mistake: string): string {
  const unknown = /expected one of the parameters .*, found (\w+)$/.exec(mistake)?.[1];
  if (unknown !== undefined) return fit`Leave out ${unknown}: the template has no such parameter.`;
  const [, expected = mistake, name = '', found = ''] =
    /expected (.*?) for parameter (\w+).*?, found (.*)$/.exec(mistake) ?? [];
  return fit`${name}=${found}: expected ${expected}.`;
}

function describeParameters({ parameters }: Plan, { overrides }: Deployment): Finding {
  const names = Object.keys(overrides);
  const first = Object.entries(parameters).find(([name]) => names.includes(name));
  if (first === undefined) return ok('parameters', 'None is named: defaults, or what the stack has.');
  return ok('parameters', fit`${names.length} named, such as ${first.join('=')}.`);
}

/** The name of an error of AWS, such as ExpiredToken, or the code of one of the network. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.name;
}

/** The lines of a report, each at most 80 columns wide. */
export function formatReport({ findings, caller }: Report, { stackName }: Deployment): string[] {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const stops = count('stop');
  const where = caller && fit`${stackName} in ${caller.region}, account ${caller.account}`;
  return [
    where ?? fit`${stackName}`,
    '',
    ...findings.map(formatFinding),
    '',
    stops > 0
      ? `${stops} would stop sam deploy, ${count('note')} to know: docs/operate.md.`
      : `Nothing known stops sam deploy, ${count('note')} to know: docs/operate.md.`,
  ];
}

/** Whether a deployment would fail. */
export function isStopped({ findings }: Report): boolean {
  return findings.some(({ level }) => level === 'stop');
}

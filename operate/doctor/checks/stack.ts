import type { Plan } from '../../deployment.ts';
import { type Finding, fit, note, ok, stop } from '../../finding.ts';
import type { Account, Permissions, Stack } from '../account.ts';
import { about } from './about.ts';

/** States in which CloudFormation takes no update, and the way out of each. */
const STUCK: Readonly<Record<string, string>> = {
  CREATE_FAILED: 'run sam delete, then deploy',
  DELETE_FAILED: 'delete it in the console, then deploy',
  REVIEW_IN_PROGRESS: 'run sam delete, then deploy',
  ROLLBACK_COMPLETE: 'run sam delete, then deploy',
  ROLLBACK_FAILED: 'run sam delete, then deploy',
  UPDATE_ROLLBACK_FAILED: 'continue the rollback in the console',
};
/** An output of this template, and of hardly another one. */
const OUTPUT = 'ResizeImageStateMachineArn';

/** What the caller may do, and what of the stack is there already. */
export function checkStack(plan: Plan, account: Account): Finding[] {
  return [
    ...about('permissions', account.permissions, checkPermissions),
    ...about('stack', account.stack, (stack) => [checkState(plan.stackName, stack)]),
    ...about('artifacts', account.artifacts, (stack) => [checkArtifacts(stack)]),
    ...about('log groups', account.logGroups, (names) => checkLogGroups(names, account)),
    ...about('dashboard', account.hasDashboard, (exists) => [checkDashboard(exists, plan, account)]),
  ];
}

function checkPermissions(permissions: Permissions | undefined): Finding[] {
  if (permissions === undefined)
    return [note('permissions', 'Cannot be simulated for this caller: deploy, and see.')];
  const { asked, denied, notAllowed } = permissions;
  if (denied.length + notAllowed.length === 0)
    return [ok('permissions', fit`${asked} actions of a deployment are allowed.`)];
  return [
    ...denied.map((action) => stop('permissions', fit`Deploy as another: a policy denies ${action}.`)),
    // A policy may allow it for the resources of this stack alone.
    ...notAllowed.map((action) => note('permissions', fit`Make sure that you may ${action}.`)),
  ];
}

function checkState(name: string, stack: Stack | undefined): Finding {
  if (stack === undefined) return ok('stack', fit`${name} will be created.`);
  const { status } = stack;
  const way = STUCK[status];
  if (way !== undefined) return stop('stack', `${status}: ${way}.`);
  if (status.endsWith('_IN_PROGRESS')) return stop('stack', `Wait: ${status}.`);
  if (!stack.outputs.includes(OUTPUT))
    return stop('stack', fit`Choose a --stack-name: ${name} is another stack.`);
  return ok('stack', fit`${name} will be updated.`);
}

/** A stack of SAM that every stack of the region shares. */
function checkArtifacts(stack: Stack | undefined): Finding {
  if (stack === undefined) return ok('artifacts', 'sam deploy will create a bucket for them.');
  return STUCK[stack.status] === undefined
    ? ok('artifacts', 'go to the bucket of sam deploy.')
    : stop('artifacts', fit`Delete the stack aws-sam-cli-managed-default: ${stack.status}.`);
}

/** CloudFormation creates no log group of a name that exists, for example one that another stack has left. */
function checkLogGroups(existing: readonly string[], { stack }: Account): Finding[] {
  const foreign = existing.filter((name) => !owns(stack, name));
  if (foreign.length === 0) return [ok('log groups', 'Their names are free.')];
  return foreign.map((name) => stop('log groups', fit`Delete the log group ${name}.`));
}

function checkDashboard(exists: boolean, { dashboard }: Plan, { stack }: Account): Finding {
  return exists && !owns(stack, dashboard)
    ? stop('dashboard', fit`Delete the dashboard ${dashboard}.`)
    : ok('dashboard', 'Its name is free.');
}

function owns(stack: Account['stack'], name: string): boolean {
  return 'is' in stack && stack.is !== undefined && stack.is.physicalIds.includes(name);
}

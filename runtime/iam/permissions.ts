// IAM's evaluation of identity-based policies. Follows "Policy evaluation logic" and "Troubleshoot access denied error
// messages" (IAM User Guide).

import { ACCOUNT_ID } from '../template/index.ts';
import { compileWildcard } from '../wildcard.ts';
import type { Role, Statement } from './roles.ts';

/** Who makes a call: a role of the template, by its logical id, or the person at the keyboard. */
export type Principal = { readonly role: string } | 'administrator';

/** @throws AccessDeniedError that names principal, action and resource, unless the principal is allowed. */
export type Authorize = (principal: Principal, action: string, resource: string) => void;

export class AccessDeniedError extends Error {
  override readonly name = 'AccessDenied';
}

/** Makes the check that every service calls before it acts. The administrator may do everything. */
export function createAuthorizer(roles: ReadonlyMap<string, Role>): Authorize {
  const compiled = new Map([...roles].map(([logicalId, role]) => [logicalId, role.statements.map(compile)]));
  return (principal, action, resource) => {
    if (principal === 'administrator') return;
    const matching = (compiled.get(principal.role) ?? []).filter((statement) =>
      statement.covers(action, resource),
    );
    const isDenied = matching.some(({ effect }) => effect === 'Deny');
    if (matching.length > 0 && !isDenied) return;
    const who = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${principal.role}/local`;
    const why = isDenied
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
    throw new AccessDeniedError(
      `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
    );
  };
}

/** Maps access key ids to principals: a role's id is its logical id; any other id, or none, is the administrator's. */
export function createPrincipalOf(
  roles: ReadonlyMap<string, Role>,
): (accessKeyId: string | undefined) => Principal {
  return (accessKeyId) =>
    accessKeyId !== undefined && roles.has(accessKeyId) ? { role: accessKeyId } : 'administrator';
}

interface CompiledStatement {
  readonly effect: Statement['effect'];
  covers(action: string, resource: string): boolean;
}

function compile({ effect, actions, resources }: Statement): CompiledStatement {
  const actionPatterns = actions.map((action) => compileWildcard(action, { ignoresCase: true }));
  const resourcePatterns = resources.map((resource) => compileWildcard(resource));
  return {
    effect,
    covers: (action, resource) =>
      actionPatterns.some((matches) => matches(action)) &&
      resourcePatterns.some((matches) => matches(resource)),
  };
}

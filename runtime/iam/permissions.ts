// IAM's evaluation of the policies of roles, and of bucket policies for services. Follows "Policy evaluation logic" and "Troubleshoot access denied error
// messages" (IAM User Guide).

import { ACCOUNT_ID } from '../template/index.ts';
import { compileWildcard } from '../wildcard.ts';
import type { ResourceStatement } from './resource-policies.ts';
import type { Role, Statement } from './roles.ts';

/**
 * Who makes a call: a role of the template, by its logical id; a service for one of its resources, such as CloudFront
 * for a distribution; or the person at the keyboard.
 */
export type Principal = { readonly role: string } | ServicePrincipal | 'administrator';

export interface ServicePrincipal {
  /** Such as cloudfront.amazonaws.com. */
  readonly service: string;
  /** The ARN of the service's resource. */
  readonly sourceArn: string;
}

/** @throws AccessDeniedError that names principal, action and resource, unless the principal is allowed. */
export type Authorize = (principal: Principal, action: string, resource: string) => void;

export class AccessDeniedError extends Error {
  override readonly name = 'AccessDenied';
}

/**
 * Makes the check that every service calls before it acts. The administrator may do everything.
 * @param statements what bucket policies allow to services, which have no policies of their own.
 */
export function createAuthorizer(
  roles: ReadonlyMap<string, Role>,
  statements: readonly ResourceStatement[] = [],
): Authorize {
  const compiled = new Map([...roles].map(([logicalId, role]) => [logicalId, role.statements.map(compile)]));
  const forServices = statements.map((statement) => ({ ...statement, ...compile(statement) }));
  return (principal, action, resource) => {
    if (principal === 'administrator') return;
    if ('service' in principal) {
      const { service, sourceArn } = principal;
      const isAllowed = forServices.some(
        (one) => one.service === service && one.isFor(sourceArn) && one.covers(action, resource),
      );
      if (isAllowed) return;
      throw new AccessDeniedError(
        `${service} is not authorized to perform: ${action} on resource: ${resource} for ${sourceArn} because no resource-based policy allows the ${action} action`,
      );
    }
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

/**
 * Maps access key ids to principals: a role's id is its logical id; any other id, or none, is the administrator's.
 * @param services by the access key ids that they call with.
 */
export function createPrincipalOf(
  roles: ReadonlyMap<string, Role>,
  services: ReadonlyMap<string, ServicePrincipal> = new Map(),
): (accessKeyId: string | undefined) => Principal {
  return (accessKeyId = '') =>
    services.get(accessKeyId) ?? (roles.has(accessKeyId) ? { role: accessKeyId } : 'administrator');
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

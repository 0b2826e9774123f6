/** Who makes a call: a role of the template, by its logical id, or the person at the keyboard. */
export type Principal = { readonly role: string } | 'administrator';

/** Throws an AccessDeniedError that names principal, action and resource, unless the principal may. */
export type Authorize = (principal: Principal, action: string, resource: string) => void;

export class AccessDeniedError extends Error {
  override readonly name = 'AccessDenied';
}

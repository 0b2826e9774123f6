/** What a caller signs with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * The credentials of a role, which functions and state machines call with. They are no secret: anybody on this machine
 * may call as the administrator.
 */
export function credentialsOf(role: string): Credentials {
  return { accessKeyId: role, secretAccessKey: 'local', sessionToken: 'local' };
}

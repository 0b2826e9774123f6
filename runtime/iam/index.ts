/**
 * IAM: the roles of a template after SAM's transform, and whether a role or a distribution may make a call.
 *
 * Covers the roles that SAM makes for functions, state machines and their events; AWS::IAM::Role, and AWS::IAM::Policy,
 * RolePolicy and ManagedPolicy that are attached to roles; inline policy documents and the two managed policies listed
 * in roles.ts; Allow and Deny, `*` and `?` in actions and resources.
 * Refuses by name and line: SAM policy templates, other managed policies, permission boundaries, Tracing without a
 * Role, NotAction, NotResource, Condition, policy variables, and connectors of what runs. Roles that nothing here
 * assumes may contain all of these. Signatures are not verified, except those of S3's forms: the access key id names
 * the role, and the person at the keyboard is the administrator.
 * Trust policies may have conditions on aws:SourceAccount and aws:SourceArn: see trust.ts. So may the statements with
 * which a bucket policy lets in CloudFront: see resource-policies.ts.
 */
export { type Credentials, credentialsOf } from './credentials.ts';
export {
  AccessDeniedError,
  type Authorize,
  createAuthorizer,
  createPrincipalOf,
  type Principal,
  type ServicePrincipal,
} from './permissions.ts';
export {
  allowsService,
  type ResourceStatement,
  resourceStatementsOf,
  type ServiceCall,
} from './resource-policies.ts';
export { assumedRole, type Role, rolesOf, type Statement } from './roles.ts';

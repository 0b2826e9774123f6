/**
 * Reads a SAM template as CloudFormation and SAM do.
 *
 * Covers Globals, Parameters, Conditions, Mappings, Resources and Outputs; Ref, GetAtt, Sub, If, Equals, Not, And, Or,
 * Join, Select, Split, FindInMap, pseudo parameters and AWS::NoValue. A parameter that is neither String nor Number has
 * a value only if the caller gives one. A resource of a type that no service here runs is left out, and a reference to
 * it gets a made-up value, as does what an output contains and is not covered; all of it is reported, and so are the
 * sections Rules and Hooks, which are not checked.
 * Refuses by name and line, in what runs: every other intrinsic and transform, and YAML merge keys.
 * Follows "Template anatomy" and "Intrinsic function reference" (AWS CloudFormation User Guide), and "AWS SAM resources
 * and properties" (AWS SAM Developer Guide).
 */
export { attempt, describe, TemplateError } from './error.ts';
export { ACCOUNT_ID, nameOf, REGION } from './names.ts';

export {
  bucketPoliciesOf,
  checkDeny,
  queueOfArn,
  resourcesOf,
  roleOfArn,
  topicOfArn,
} from './properties.ts';

export type { MadeUpValue, Reference } from './references.ts';
export { isPolicyTarget, isServed, type Resource, ROLE_POLICIES } from './resource-types.ts';
export { readSource } from './source.ts';
export {
  type LeftOut,
  leaveOut,
  readTemplate,
  readWithMistakes,
  type Template,
  type TemplateOptions,
} from './template.ts';
export { Value } from './value.ts';

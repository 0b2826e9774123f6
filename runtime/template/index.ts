/**
 * Reads a SAM template as CloudFormation and SAM do.
 *
 * Covers Parameters (String, Number), Conditions, Mappings, Resources and Outputs; Ref, GetAtt, Sub, If, Equals, Not,
 * And, Or, Join, Select, Split, FindInMap, pseudo parameters and AWS::NoValue. A resource of a type that no service
 * here runs is left out, and a reference to it gets a made-up value; both are reported.
 * Refuses by name and line: every other section (Globals, Rules, Hooks), intrinsic, parameter type and YAML merge key.
 * Follows "Template anatomy" and "Intrinsic function reference" (AWS CloudFormation User Guide), and "AWS SAM resources
 * and properties" (AWS SAM Developer Guide).
 */
export { describe, TemplateError } from './error.ts';
export { ACCOUNT_ID, nameOf, REGION } from './names.ts';
export { checkDeny, queueOfArn, resourcesOf, roleOfArn } from './properties.ts';
export { readSource } from './source.ts';
export {
  type LeftOut,
  type MadeUpValue,
  type Resource,
  readTemplate,
  type Template,
} from './template.ts';
export { Value } from './value.ts';

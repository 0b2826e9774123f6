/**
 * AWS on one machine for a SAM template: S3, EventBridge, Step Functions, Lambda, API Gateway, SQS, SNS, CloudFront and
 * IAM. The index.ts of each service states what it covers and refuses; README.md shows how to run a template.
 */
export { type Api, apisOf, type CallStates, createApi } from './api-gateway/index.ts';
export { RUNTIME_FLAGS, readRuntimeFlags } from './command-line.ts';
export { rulesOf } from './event-bridge/index.ts';
export { createGate } from './gate.ts';
export {
  AccessDeniedError,
  createAuthorizer,
  createPrincipalOf,
  type Role,
  rolesOf,
} from './iam/index.ts';
export {
  bundleFunctions,
  explainError,
  functionsOf,
  type LambdaFunction,
} from './lambda/index.ts';
export { plainLine, plainLines } from './plain-text.ts';
export { reportLeftOut } from './report.ts';
export { type Runtime, type RuntimeOptions, startRuntime, type Unfinished } from './runtime.ts';
export { bucketsOf } from './s3/index.ts';
export { topicsOf } from './sns/index.ts';
export { queuesOf } from './sqs/index.ts';
export {
  createStates,
  type ExecutionResult,
  loadMachines,
  type StateMachineResource,
  stateMachinesOf,
  type TaskCall,
  TaskError,
} from './states/index.ts';
export {
  type LeftOut,
  type MadeUpValue,
  type Resource,
  readSource,
  readTemplate,
  type Template,
  TemplateError,
} from './template/index.ts';

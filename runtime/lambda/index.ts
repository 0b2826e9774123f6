/**
 * Lambda: functions for Node that are built with esbuild, each concurrent invocation in a process of its own.
 *
 * Covers Handler, MemorySize, Timeout, Environment, ReservedConcurrentExecutions, AutoPublishAlias, the role's
 * credentials, the context object, and every error that Lambda itself reports (listed in execution-environment.ts). A
 * layer's content is never read: a node_modules folder of the machine takes its place. A function that is not built with
 * esbuild is left out and named at start; invoking it fails with Lambda.ResourceNotFoundException.
 * Refuses by name and line: function properties that change what runs (Events, VpcConfig, …), reserved environment
 * variables, other Node runtimes. Not here: versions, asynchronous invocations, response streaming. An invocation waits
 * for a free process where AWS would start another execution environment.
 * Follows "Understanding the Lambda execution environment lifecycle" and "Lambda function scaling".
 */
export { type Bundle, bundleFunctions } from './bundle.ts';
export type { FunctionCode } from './execution-environment.ts';
export { FunctionError } from './execution-environment.ts';
export { explainError } from './explain-error.ts';
export { functionsOf, type LambdaFunction } from './functions.ts';
export { FunctionPool, type Invocation, ServiceException, TooManyRequestsError } from './pool.ts';

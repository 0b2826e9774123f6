/**
 * API Gateway: one REST API whose OpenAPI body maps HTTP to Step Functions and to functions.
 *
 * Covers one stage, routing, security (any signature, one API key), body validation, the integrations
 * states:action/StartExecution and states:action/DescribeExecution, mock integrations, mapping templates for
 * application/json (see velocity.ts), integration responses, Lambda proxy integrations whose credentials are a role,
 * with their timeoutInMillis, gateway responses and the payload limit of 10 MB.
 * Refuses by name and line: other integrations, request parameters, other constructs of Velocity, JSON Schema beyond
 * draft 4, functions that an AWS::Lambda::Permission opens, binary media types, SAM's Auth and Cors. Not here: verifying
 * signatures, throttling, logs, caches.
 * Follows "REST APIs" (API Gateway Developer Guide).
 */
export { type Api, apisOf } from './apis.ts';
export { type CallFunction, type CallStates, createApi } from './gateway.ts';

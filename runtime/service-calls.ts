import { randomUUID } from 'node:crypto';
import { createOutlast, type Outlast } from './full-disk.ts';
import { AccessDeniedError, type Authorize, type Principal } from './iam/index.ts';
import type { Invocation, LambdaFunction } from './lambda/index.ts';
import { FunctionError, type FunctionPool, ServiceException, TooManyRequestsError } from './lambda/index.ts';
import type { Queue, Sqs } from './sqs/index.ts';
import type { CallService, TaskCall } from './states/index.ts';
import { TaskError } from './states/index.ts';
import { type LeftOut, nameOf } from './template/index.ts';

export interface LocalFunctions {
  readonly authorize: Authorize;
  readonly functions: readonly { readonly lambda: LambdaFunction; readonly pool: FunctionPool }[];
  /** The template's functions that the runtime does not run. */
  readonly functionsLeftOut: readonly LeftOut[];
}

interface LocalServices extends LocalFunctions {
  readonly queues: readonly Queue[];
  readonly sqs: Sqs;
  readonly outlast?: Outlast;
}

/** Lambda refuses the invocation: it has no such function. */
export class FunctionNotFoundError extends Error {
  override readonly name = 'ResourceNotFoundException';
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Makes the calls of Task states: to the template's functions and queues. The calls throw TaskErrors with the names
 * that Step Functions uses.
 */
export function createServiceCalls(services: LocalServices): CallService {
  return async (call) => {
    const { resource, parameters } = call;
    const fields = isFields(parameters) ? parameters : {};
    if (resource.endsWith(':sqs:sendMessage'))
      return withHttpMetadata(await sendMessage(services, fields, call), 'application/x-amz-json-1.0');
    if (!resource.endsWith(':lambda:invoke')) return invokeForTask(services, resource, parameters, call);
    const answer = await invokeForTask(services, String(fields.FunctionName), fields.Payload ?? {}, call);
    return withHttpMetadata(
      { ExecutedVersion: '$LATEST', Payload: answer, StatusCode: 200 },
      'application/json',
    );
  };
}

/** The result of an optimized integration, which includes metadata of the HTTP response. */
function withHttpMetadata(result: object, contentType: string): object {
  const requestId = randomUUID();
  const headers = { 'Content-Type': contentType, 'x-amzn-RequestId': requestId };
  return {
    ...result,
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
  };
}

/**
 * Invokes a function as a principal.
 * @param nameOrArn with or without the alias or the version.
 * @throws FunctionError as Lambda reports the function's failure; AccessDeniedError, FunctionNotFoundError,
 *   TooManyRequestsError or ServiceException if Lambda refuses the invocation.
 */
export async function invokeFunction(
  { functions, functionsLeftOut, authorize }: LocalFunctions,
  nameOrArn: string,
  principal: Principal,
  invocation: Omit<Invocation, 'caller'>,
): Promise<unknown> {
  const arn = nameOrArn.startsWith('arn:') ? nameOrArn : nameOf.functionArn(nameOrArn);
  authorize(principal, 'lambda:InvokeFunction', arn);
  const found = functions.find(({ lambda }) =>
    [lambda.arn, nameOf.functionArn(lambda.logicalId), nameOf.versionArn(lambda.logicalId)].includes(arn),
  );
  if (!found) throw notFound(arn, functionsLeftOut);
  const caller = principal !== 'administrator' && 'role' in principal ? principal.role : 'administrator';
  return found.pool.invoke({ ...invocation, caller });
}

/** @throws TaskError under the name that Step Functions uses. */
async function invokeForTask(
  services: LocalFunctions,
  nameOrArn: string,
  payload: unknown,
  { principal, signal, clock }: TaskCall,
): Promise<unknown> {
  try {
    return await invokeFunction(services, nameOrArn, principal, { payload, signal, clock });
  } catch (error) {
    if (error instanceof AccessDeniedError)
      throw new TaskError('Lambda.AWSLambdaException', denied(error, 'AWSLambda'));
    if (isRefusal(error)) throw new TaskError(`Lambda.${error.name}`, error.message);
    if (!(error instanceof FunctionError)) throw error;
    throw new TaskError(error.payload.errorType, JSON.stringify(error.payload));
  }
}

function isRefusal(error: unknown): error is Error {
  return [FunctionNotFoundError, TooManyRequestsError, ServiceException].some(
    (kind) => error instanceof kind,
  );
}

function notFound(arn: string, functionsLeftOut: readonly LeftOut[]): FunctionNotFoundError {
  const [, name] = /:function:([^:]+)/.exec(arn) ?? [];
  const found = functionsLeftOut.find(({ logicalId }) => logicalId === name);
  const reason = found?.reason ?? 'it runs only AWS::Serverless::Function with BuildMethod: esbuild';
  const why = found ? `. The local runtime does not run ${name}: ${reason}` : '';
  return new FunctionNotFoundError(`Function not found: ${arn}${why}`);
}

async function sendMessage(
  { queues, authorize, sqs, outlast = createOutlast(() => {}) }: LocalServices,
  fields: Fields,
  { principal, signal, clock }: TaskCall,
) {
  const queue = queues.find(({ url }) => url === fields.QueueUrl);
  if (!queue) throw new TaskError('SQS.QueueDoesNotExistException', `There is no queue ${fields.QueueUrl}.`);
  try {
    authorize(principal, 'sqs:SendMessage', queue.arn);
  } catch (error) {
    if (error instanceof AccessDeniedError)
      throw new TaskError('SQS.AmazonSQSException', denied(error, 'AmazonSQS'));
    throw error;
  }
  const { MessageBody: body } = fields;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  // SQS on AWS is never full.
  clock.stop();
  try {
    return await outlast(() => sqs.send(queue, text), signal);
  } finally {
    clock.start();
  }
}

function denied(error: AccessDeniedError, service: string): string {
  return `${error.message} (Service: ${service}; Status Code: 403; Error Code: AccessDeniedException)`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

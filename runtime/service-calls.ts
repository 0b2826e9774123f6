import { randomUUID } from 'node:crypto';
import { AccessDeniedError, type Authorize, type Principal } from './iam/index.ts';
import type { LambdaFunction } from './lambda/index.ts';
import { FunctionError, type FunctionPool, ServiceException, TooManyRequestsError } from './lambda/index.ts';
import type { Queue, Sqs } from './sqs/index.ts';
import type { CallService, TaskCall } from './states/index.ts';
import { TaskError } from './states/index.ts';
import { type LeftOut, nameOf } from './template/index.ts';

interface LocalServices {
  readonly authorize: Authorize;
  readonly functions: readonly { readonly lambda: LambdaFunction; readonly pool: FunctionPool }[];
  /** The template's functions that the runtime does not run. */
  readonly functionsLeftOut: readonly LeftOut[];
  readonly queues: readonly Queue[];
  readonly sqs: Sqs;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Makes the calls of Task states: to the template's functions and queues. The calls throw TaskErrors with the names
 * that Step Functions uses.
 */
export function createServiceCalls(services: LocalServices): CallService {
  return async (call) => {
    const { resource, parameters, principal } = call;
    const fields = isFields(parameters) ? parameters : {};
    if (resource.endsWith(':sqs:sendMessage'))
      return withHttpMetadata(sendMessage(services, fields, principal), 'application/x-amz-json-1.0');
    if (!resource.endsWith(':lambda:invoke')) return invoke(services, resource, parameters, call);
    const answer = await invoke(services, String(fields.FunctionName), fields.Payload ?? {}, call);
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

/** @param nameOrArn with or without the alias or the version. */
async function invoke(
  { functions, functionsLeftOut, authorize }: LocalServices,
  nameOrArn: string,
  payload: unknown,
  { principal, signal, clock }: TaskCall,
) {
  const arn = nameOrArn.startsWith('arn:') ? nameOrArn : nameOf.functionArn(nameOrArn);
  const caller = principal === 'administrator' ? principal : principal.role;
  try {
    authorize(principal, 'lambda:InvokeFunction', arn);
    const found = functions.find(({ lambda }) =>
      [lambda.arn, nameOf.functionArn(lambda.logicalId), nameOf.versionArn(lambda.logicalId)].includes(arn),
    );
    if (!found) throw notFound(arn, functionsLeftOut);
    return await found.pool.invoke({ payload, caller, signal, clock });
  } catch (error) {
    if (error instanceof AccessDeniedError)
      throw new TaskError('Lambda.AWSLambdaException', denied(error, 'AWSLambda'));
    if (error instanceof TooManyRequestsError || error instanceof ServiceException)
      throw new TaskError(`Lambda.${error.name}`, error.message);
    if (!(error instanceof FunctionError)) throw error;
    throw new TaskError(error.payload.errorType, JSON.stringify(error.payload));
  }
}

function notFound(arn: string, functionsLeftOut: readonly LeftOut[]): TaskError {
  const [, name] = /:function:([^:]+)/.exec(arn) ?? [];
  const found = functionsLeftOut.find(({ logicalId }) => logicalId === name);
  const reason = found?.reason ?? 'it runs only AWS::Serverless::Function with BuildMethod: esbuild';
  const why = found ? `. The local runtime does not run ${name}: ${reason}` : '';
  return new TaskError('Lambda.ResourceNotFoundException', `Function not found: ${arn}${why}`);
}

function sendMessage({ queues, authorize, sqs }: LocalServices, fields: Fields, principal: Principal) {
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
  return sqs.send(queue, typeof body === 'string' ? body : JSON.stringify(body));
}

function denied(error: AccessDeniedError, service: string): string {
  return `${error.message} (Service: ${service}; Status Code: 403; Error Code: AccessDeniedException)`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { randomUUID } from 'node:crypto';
import { AccessDeniedError, type Authorize, type Principal } from './iam/permissions.ts';
import type { LambdaFunction } from './lambda/functions.ts';
import { FunctionError, type FunctionPool, ServiceException, TooManyRequestsError } from './lambda/pool.ts';
import type { Queue, Sqs } from './sqs/service.ts';
import { type CallService, type TaskCall, TaskError } from './states/definition/resources.ts';
import { nameOf } from './template/names.ts';

export interface LocalServices {
  readonly authorize: Authorize;
  readonly functions: readonly { readonly lambda: LambdaFunction; readonly pool: FunctionPool }[];
  readonly queues: readonly Queue[];
  readonly sqs: Sqs;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a Task may call: the template's functions and queues, with Step Functions' own names for what goes wrong. */
export function createServiceCalls(services: LocalServices): CallService {
  return async (call) => {
    const { resource, parameters, principal } = call;
    const fields = isFields(parameters) ? parameters : {};
    if (resource.endsWith(':sqs:sendMessage'))
      return answered(sendMessage(services, fields, principal), 'application/x-amz-json-1.0');
    if (!resource.endsWith(':lambda:invoke')) return invoke(services, resource, parameters, call);
    const answer = await invoke(services, String(fields.FunctionName), fields.Payload ?? {}, call);
    return answered({ ExecutedVersion: '$LATEST', Payload: answer, StatusCode: 200 }, 'application/json');
  };
}

/** An integration's result, with what it tells of the HTTP answer. */
function answered(result: object, contentType: string): object {
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

/** @param named the function's ARN or its name, with or without the alias. */
async function invoke(
  { functions, authorize }: LocalServices,
  named: string,
  payload: unknown,
  { principal, signal, clock }: TaskCall,
) {
  const arn = named.startsWith('arn:') ? named : nameOf.functionArn(named);
  const caller = principal === 'administrator' ? principal : principal.role;
  try {
    authorize(principal, 'lambda:InvokeFunction', arn);
    const found = functions.find(({ lambda }) =>
      [lambda.arn, nameOf.functionArn(lambda.logicalId)].includes(arn),
    );
    if (!found) throw new TaskError('Lambda.ResourceNotFoundException', `Function not found: ${arn}`);
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

import { notAllowed, Refusal } from './refusal.ts';
import type { ServiceName, StudioTarget } from './target.ts';

/** A service that is called by POST with X-Amz-Target and JSON. */
export type JsonService = Extract<ServiceName, 'states' | 'sqs' | 'logs'>;

type Scope = Pick<StudioTarget, 'facts' | 'logGroups'>;
type Body = Readonly<Record<string, unknown>>;

/** The operations that the page uses, and the member that names what each is about. */
const OPERATIONS: Readonly<
  Record<JsonService, { prefix: string; members: Readonly<Record<string, string>> }>
> = {
  states: {
    prefix: 'AWSStepFunctions.',
    members: {
      DescribeStateMachine: 'stateMachineArn',
      ListExecutions: 'stateMachineArn',
      StartExecution: 'stateMachineArn',
      DescribeExecution: 'executionArn',
      GetExecutionHistory: 'executionArn',
      StopExecution: 'executionArn',
      ListMapRuns: 'executionArn',
      DescribeMapRun: 'mapRunArn',
    },
  },
  sqs: {
    prefix: 'AmazonSQS.',
    members: { ReceiveMessage: 'QueueUrl', DeleteMessage: 'QueueUrl', GetQueueAttributes: 'QueueUrl' },
  },
  logs: { prefix: 'Logs_20140328.', members: { FilterLogEvents: 'logGroupName' } },
};

/**
 * Reads a call of a service: only the operations that the page uses, on what belongs to the stack.
 * @returns the body as it is to be sent: written again, so that nothing that was read otherwise gets through.
 * @throws Refusal
 */
export function readServiceRequest(scope: Scope, service: JsonService, target: string, text: string): string {
  const { prefix, members } = OPERATIONS[service];
  const operation = target.startsWith(prefix) ? target.slice(prefix.length) : '';
  const member = Object.hasOwn(members, operation) ? members[operation] : undefined;
  if (member === undefined)
    throw notAllowed(
      `X-Amz-Target: expected ${prefix} and one of ${Object.keys(members).join(', ')} but received "${target}".`,
    );
  const body = parseBody(text);
  const name = body[member];
  if (typeof name !== 'string' || !isOfStack(scope, member, name))
    throw notAllowed(
      `${member}: expected one of the stack ${scope.facts.name} but received ${JSON.stringify(name)}.`,
    );
  const others = SCOPES.filter((one) => one !== member && Object.hasOwn(body, one));
  if (others.length > 0) throw notAllowed(`Expected no ${others.join(', ')} besides ${member}.`);
  return JSON.stringify(body);
}

/** Everything by which a request could name another resource than the one that is checked. */
const SCOPES = [
  'stateMachineArn',
  'executionArn',
  'mapRunArn',
  'QueueUrl',
  'logGroupName',
  'logGroupIdentifier',
];

function isOfStack({ facts, logGroups }: Scope, member: string, name: string): boolean {
  const machines = [facts.resizeImageStateMachineArn, facts.resizeUploadStateMachineArn];
  switch (member) {
    case 'stateMachineArn':
      return machines.includes(name);
    case 'executionArn':
      return machines.some((arn) => name.startsWith(`${arn.replace(':stateMachine:', ':execution:')}:`));
    case 'mapRunArn':
      return machines.some((arn) => name.startsWith(`${arn.replace(':stateMachine:', ':mapRun:')}/`));
    case 'QueueUrl':
      return name === facts.unprocessedUploadsQueueUrl;
    default:
      return logGroups.includes(name);
  }
}

function parseBody(text: string): Body {
  try {
    const body: unknown = JSON.parse(text);
    if (isBody(body)) return body;
  } catch {}
  throw new Refusal(400, 'InvalidBody', 'Expected a JSON object as the body of the request.');
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { letsSend } from '../sqs/index.ts';
import type { Template, Value } from '../template/index.ts';
import { nameOf, queueOfArn, resourcesOf } from '../template/index.ts';

/** An EventBridge rule that starts a state machine. */
export interface RuleResource {
  readonly logicalId: string;
  readonly stateMachineArn: string;
  /** The logical id of the role that EventBridge assumes to start it. */
  readonly role: string;
  /** The event pattern, as a Value so that compilePattern can report template lines. */
  readonly pattern: Value;
  readonly deadLetterQueueArn?: string;
  /** JSON text that the execution gets as its input instead of the event. */
  readonly input?: string;
}

// EventBridge's limits.
const MAX_ATTEMPTS = 185;
const MAX_EVENT_AGE_SECONDS = 86_400;

/**
 * The rules that SAM generates from the state machines' EventBridgeRule events.
 * @throws TemplateError
 */
export function rulesOf(template: Template): RuleResource[] {
  return resourcesOf(template, 'AWS::Serverless::StateMachine').flatMap(({ logicalId, properties }) =>
    (properties.at('Events').ifPresent((events) => events.entries()) ?? []).flatMap(([name, event]) =>
      ruleOf(template, logicalId, `${logicalId}${name}`, event),
    ),
  );
}

function ruleOf(template: Template, machineId: string, logicalId: string, event: Value): RuleResource[] {
  const kind = event.only(['Type', 'Properties']).at('Type').oneOf(['Api', 'EventBridgeRule']);
  // An Api event generates only the role that the API's body names; iam/roles.ts adds it.
  if (kind === 'Api') {
    event.at('Properties').only(['Method', 'Path', 'RestApiId']);
    return [];
  }
  const properties = event
    .at('Properties')
    .only(['DeadLetterConfig', 'Input', 'Pattern', 'RetryPolicy', 'State']);
  const state = properties.at('State').ifPresent((value) => value.oneOf(['ENABLED', 'DISABLED']));
  if (state === 'DISABLED') return [];
  const deadLetterQueueArn = properties
    .at('DeadLetterConfig')
    .ifPresent((config) => deadLetterQueueOf(template, config.only(['Arn']).at('Arn'), logicalId));
  const input = properties.at('Input').ifPresent(jsonTextOf);
  properties.at('RetryPolicy').ifPresent(checkRetryPolicy);
  return [
    {
      logicalId,
      stateMachineArn: nameOf.stateMachineArn(machineId),
      role: `${logicalId}Role`,
      pattern: properties.at('Pattern'),
      ...(deadLetterQueueArn !== undefined && { deadLetterQueueArn }),
      ...(input !== undefined && { input }),
    },
  ];
}

function deadLetterQueueOf(template: Template, arn: Value, rule: string): string {
  const queueId = queueOfArn(arn);
  if (template.resources.get(queueId)?.type !== 'AWS::SQS::Queue') arn.fail('a queue of this template');
  const sender = { service: 'events.amazonaws.com', sourceArn: nameOf.ruleArn(rule) };
  if (!letsSend(template, arn.text(), sender))
    arn.fail(
      `a queue whose AWS::SQS::QueuePolicy lets events.amazonaws.com call sqs:SendMessage for ${rule}`,
      'none that does',
    );
  return arn.text();
}

/** Checked but not followed: a delivery that fails on one machine fails again. */
function checkRetryPolicy(policy: Value): void {
  policy.only(['MaximumEventAgeInSeconds', 'MaximumRetryAttempts']);
  policy.at('MaximumRetryAttempts').ifPresent((value) => value.integer(0, MAX_ATTEMPTS));
  policy.at('MaximumEventAgeInSeconds').ifPresent((value) => value.integer(60, MAX_EVENT_AGE_SECONDS));
}

/** EventBridge passes Input to the target unchanged, so it must be JSON. */
function jsonTextOf(value: Value): string {
  try {
    JSON.parse(value.text());
  } catch {
    value.fail('JSON text');
  }
  return value.text();
}

import { queuesOf, takesFromEventBridge } from '../../sqs/queues.ts';
import { nameOf } from '../../template/names.ts';
import { queueOfArn, resourcesOf, roleOfArn } from '../../template/properties.ts';
import type { Template } from '../../template/template.ts';
import type { Value } from '../../template/value.ts';
import { type Definition, readDefinition } from './asl-file.ts';

export interface StateMachine extends Definition {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  /** The logical id of its role. */
  readonly role: string;
  readonly rules: readonly Rule[];
}

/** An EventBridge rule that starts the state machine. */
export interface Rule {
  readonly logicalId: string;
  /** The logical id of the role that EventBridge takes on to start it. */
  readonly role: string;
  /** Its event pattern, to be compiled with the template's lines at hand. */
  readonly pattern: Value;
  readonly deadLetterQueueArn?: string;
  /** What the execution gets instead of the event. */
  readonly input?: string;
  readonly retryPolicy?: { readonly maximumAttempts: number; readonly maximumEventAgeSeconds: number };
}

const SUPPORTED = [
  'DefinitionSubstitutions',
  'DefinitionUri',
  'Events',
  'Logging',
  'Policies',
  'Role',
  'Tags',
  'Tracing',
  'Type',
];
// EventBridge's own, and the most that it takes: a day, and 185 attempts in it.
const DEFAULT_MAXIMUM_ATTEMPTS = 185;
const DEFAULT_MAXIMUM_EVENT_AGE_SECONDS = 86_400;

/** The state machines of the template, each with its ASL file read and its rules. */
export function stateMachinesOf(template: Template): StateMachine[] {
  return resourcesOf(template, 'AWS::Serverless::StateMachine').map(({ logicalId, properties }) => {
    properties.only(SUPPORTED);
    const substitutions =
      properties.at('DefinitionSubstitutions').ifPresent((value) => value.entries()) ?? [];
    const events = properties.at('Events').ifPresent((value) => value.entries()) ?? [];
    return {
      ...readDefinition(template, properties.at('DefinitionUri'), new Map(substitutions)),
      logicalId,
      name: logicalId,
      arn: nameOf.stateMachineArn(logicalId),
      type: properties.at('Type').ifPresent((value) => value.oneOf(['STANDARD', 'EXPRESS'])) ?? 'STANDARD',
      role: properties.at('Role').ifPresent(roleOfArn) ?? `${logicalId}Role`,
      rules: events.flatMap(([name, event]) => ruleOf(template, `${logicalId}${name}`, event)),
    };
  });
}

function ruleOf(template: Template, logicalId: string, event: Value): Rule[] {
  const kind = event.only(['Type', 'Properties']).at('Type').oneOf(['Api', 'EventBridgeRule']);
  // An Api event makes the role that the API's body names, and nothing that runs: roles.ts has it.
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
  const retryPolicy = properties.at('RetryPolicy').ifPresent(retryPolicyOf);
  return [
    {
      logicalId,
      role: `${logicalId}Role`,
      pattern: properties.at('Pattern'),
      ...(deadLetterQueueArn !== undefined && { deadLetterQueueArn }),
      ...(input !== undefined && { input }),
      ...(retryPolicy !== undefined && { retryPolicy }),
    },
  ];
}

function deadLetterQueueOf(template: Template, arn: Value, rule: string): string {
  const queueId = queueOfArn(arn);
  if (!queuesOf(template).some(({ logicalId }) => logicalId === queueId))
    arn.fail('a queue of this template');
  if (!takesFromEventBridge(template, arn.text(), nameOf.ruleArn(rule)))
    arn.fail(
      `a queue whose AWS::SQS::QueuePolicy lets events.amazonaws.com call sqs:SendMessage for ${rule}`,
      'none that does',
    );
  return arn.text();
}

function retryPolicyOf(policy: Value): { maximumAttempts: number; maximumEventAgeSeconds: number } {
  policy.only(['MaximumEventAgeInSeconds', 'MaximumRetryAttempts']);
  return {
    maximumAttempts:
      policy.at('MaximumRetryAttempts').ifPresent((value) => value.integer(0, DEFAULT_MAXIMUM_ATTEMPTS)) ??
      DEFAULT_MAXIMUM_ATTEMPTS,
    maximumEventAgeSeconds:
      policy
        .at('MaximumEventAgeInSeconds')
        .ifPresent((value) => value.integer(60, DEFAULT_MAXIMUM_EVENT_AGE_SECONDS)) ??
      DEFAULT_MAXIMUM_EVENT_AGE_SECONDS,
  };
}

/** The text is what EventBridge would give to the target. */
function jsonTextOf(value: Value): string {
  try {
    JSON.parse(value.text());
  } catch {
    value.fail('JSON text');
  }
  return value.text();
}

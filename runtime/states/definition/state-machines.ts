import type { Template, Value } from '../../template/index.ts';
import { nameOf, resourcesOf, roleOfArn } from '../../template/index.ts';
import type { Logging } from '../execution/event-log.ts';
import { readAslFile } from './asl-file.ts';
import type { StateMachineResource } from './machines.ts';

const SUPPORTED = [
  'DefinitionSubstitutions',
  'DefinitionUri',
  'Events',
  'Logging',
  'Policies',
  'PropagateTags',
  'Role',
  'Tags',
  'Tracing',
  'Type',
];

/**
 * The template's state machines, with their ASL files read and the substitutions replaced.
 * @throws TemplateError
 */
export function stateMachinesOf(template: Template): StateMachineResource[] {
  return resourcesOf(template, 'AWS::Serverless::StateMachine').map(({ logicalId, properties }) => {
    properties.only(SUPPORTED);
    const substitutions =
      properties.at('DefinitionSubstitutions').ifPresent((value) => value.entries()) ?? [];
    return {
      ...readAslFile(template, properties.at('DefinitionUri'), new Map(substitutions)),
      name: logicalId,
      arn: nameOf.stateMachineArn(logicalId),
      type: properties.at('Type').ifPresent((value) => value.oneOf(['STANDARD', 'EXPRESS'])) ?? 'STANDARD',
      role: properties.at('Role').ifPresent(roleOfArn) ?? `${logicalId}Role`,
      logging: properties.at('Logging').ifPresent((value) => readLogging(template, value)),
    };
  });
}

/** @throws TemplateError */
function readLogging({ resources }: Template, logging: Value): Logging {
  logging.only(['Destinations', 'IncludeExecutionData', 'Level']);
  const [destination] = logging.at('Destinations').ifPresent((value) => value.list()) ?? [];
  const arn = destination
    ?.at('CloudWatchLogsLogGroup')
    .at('LogGroupArn')
    .ifPresent((value) => value.text());
  // ARNs of log groups contain the logical id here: see names.ts.
  const logicalId = /:log-group:([^:]+)/.exec(arn ?? '')?.[1];
  const name = logicalId === undefined ? undefined : resources.get(logicalId)?.properties.LogGroupName;
  return {
    level: logging.at('Level').ifPresent((value) => value.oneOf(['OFF', 'ALL', 'ERROR', 'FATAL'])) ?? 'OFF',
    includesData: logging.at('IncludeExecutionData').ifPresent((value) => value.boolean()) ?? false,
    logGroup: typeof name === 'string' ? name : logicalId,
  };
}

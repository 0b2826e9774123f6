import type { Template } from '../../template/index.ts';
import { nameOf, resourcesOf, roleOfArn } from '../../template/index.ts';
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
    };
  });
}

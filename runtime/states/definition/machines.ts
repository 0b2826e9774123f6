/**
 * Reads and checks the definitions of a template's state machines before any of them runs.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
 */

import { DefinitionError } from '../data/errors.ts';
import type { Logging } from '../execution/event-log.ts';
import { lineOfPlace } from './line.ts';
import { containsDistributed } from './map.ts';
import type { StateMachine } from './state-types.ts';
import { parseDefinition } from './states.ts';

export interface StateMachineResource {
  readonly name: string;
  readonly arn: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly definition: unknown;
  /** The definition's file, for messages. */
  readonly source: string;
  /** The definition's text, if errors are to name its lines. */
  readonly text?: string;
  /** The logical id of its role. */
  readonly role: string;
  /** Without it, nothing is logged. */
  readonly logging?: Logging | undefined;
}

export interface Machine {
  readonly resource: StateMachineResource;
  readonly states: StateMachine;
}

/** By ARN. */
export type Machines = ReadonlyMap<string, Machine>;

/**
 * Reads the machines' definitions.
 * @throws DefinitionError with file and line for what cannot be run as on AWS.
 */
export function loadMachines(resources: readonly StateMachineResource[]): Machines {
  return new Map(resources.map((resource) => [resource.arn, load(resource)]));
}

function load(resource: StateMachineResource): Machine {
  const { source, text } = resource;
  try {
    return { resource, states: parseMachine(resource) };
  } catch (error) {
    if (!(error instanceof DefinitionError) || text === undefined || !error.message.startsWith(source))
      throw error;
    const place = error.message.slice(source.length);
    throw new DefinitionError(`${source}:${lineOfPlace(text, place)}: ${place.replace(/^[.:] ?/, '')}`);
  }
}

function parseMachine({ definition, source, type }: StateMachineResource): StateMachine {
  const states = parseDefinition(definition, source);
  if (type === 'EXPRESS' && containsDistributed(states))
    throw new DefinitionError(`${source}: an EXPRESS state machine cannot hold a distributed Map`);
  return states;
}

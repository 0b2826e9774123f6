/**
 * The definition of the Map state, inline and distributed.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
import { DefinitionError } from '../data/errors.ts';
import { isJsonObject } from '../data/json.ts';
import { parsePath, parseSinglePath } from '../data/paths.ts';
import type { Template } from '../data/templates.ts';
import type { Fields } from './fields.ts';
import { sharedFields } from './shared-fields.ts';
import type { Batcher, Distribution, MapState, StateMachine } from './state-types.ts';

// AWS's limits: a dataset of 100 million items, a child's input of 256 KiB.
const MAX_ITEMS = 100_000_000;
const MAX_INPUT_BYTES = 262_144;
const COUNTS = { min: 0, max: Number.MAX_SAFE_INTEGER };

/** @param parseStates reads the item processor, which may contain any state; a parameter to avoid an import cycle. */
export function parseMap(
  name: string,
  fields: Fields,
  parseStates: (fields: Fields, at: string) => StateMachine,
): MapState {
  const selectorName = either(fields, 'ItemSelector', 'Parameters');
  const processorName = either(fields, 'ItemProcessor', 'Iterator');
  const itemsPath = fields.optionalParsed('ItemsPath', parseSinglePath);
  const maxConcurrency = fields.optionalAmount('MaxConcurrency', COUNTS);
  const processor = fields.object(processorName);
  const config = processor.optionalObject('ProcessorConfig');
  const mode = config?.has('Mode') ? config.oneOf('Mode', ['INLINE', 'DISTRIBUTED']) : 'INLINE';
  const distributed = mode === 'DISTRIBUTED' && config ? distribution(name, config, fields) : undefined;
  config?.end();
  if (distributed?.reader && itemsPath)
    throw new DefinitionError(`${fields.at}: expected either ItemReader or ItemsPath but received both`);
  const state: MapState = {
    type: 'Map',
    ...sharedFields(name, fields, selectorName),
    itemsPath: itemsPath ?? parsePath('$'),
    processor: parseStates(processor, processor.at),
    maxConcurrency,
    distributed,
  };
  processor.end();
  if (distributed && containsDistributed(state.processor) && distributed.executionType === 'EXPRESS') {
    throw new DefinitionError(`${fields.at}: an EXPRESS item processor cannot hold a distributed Map`);
  }
  return state;
}

/** Which of the two names of a field a definition uses; the newer name if neither. */
function either(fields: Fields, newer: string, older: string): string {
  if (fields.has(newer) && fields.has(older))
    throw new DefinitionError(`${fields.at}: expected either ${newer} or ${older} but received both`);
  return fields.has(older) ? older : newer;
}

/** Whether there is a distributed Map, at any depth: EXPRESS workflows may not have one. */
export function containsDistributed(machine: StateMachine): boolean {
  return [...machine.states.values()].some((state) => {
    if (state.type === 'Parallel') return state.branches.some(containsDistributed);
    return state.type === 'Map' && (state.distributed !== undefined || containsDistributed(state.processor));
  });
}

function distribution(name: string, config: Fields, fields: Fields): Distribution {
  const label = fields.optionalString('Label');
  // AWS's rule for labels. Without a label AWS generates one; here the state's name is used.
  if (label !== undefined && !/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,40}$/u.test(label)) {
    throw new DefinitionError(
      `${fields.at}: expected a Label of 1 to 40 letters, digits, - and _ but received ${JSON.stringify(label)}`,
    );
  }
  return {
    executionType: config.oneOf('ExecutionType', ['STANDARD', 'EXPRESS']),
    label: label ?? name,
    reader: reader(fields.optionalObject('ItemReader')),
    batcher: batcher(fields.optionalObject('ItemBatcher')),
    toleratedCount: fields.optionalAmount('ToleratedFailureCount', COUNTS),
    toleratedPercentage: fields.optionalAmount('ToleratedFailurePercentage', {
      min: 0,
      max: 100,
      fraction: true,
    }),
    writer: writer(fields.optionalObject('ResultWriter')),
  };
}

function reader(fields: Fields | undefined): Distribution['reader'] {
  if (!fields) return undefined;
  resource(fields, 's3:listObjectsV2');
  const config = fields.optionalObject('ReaderConfig');
  // NONE, the default, gives the listed entries and not the objects' contents.
  if (config?.has('Transformation')) config.oneOf('Transformation', ['NONE']);
  const maxItems = config?.optionalAmount('MaxItems', { min: 1, max: MAX_ITEMS });
  config?.end();
  const parameters = bucketAndPrefix(fields);
  fields.end();
  return { parameters, maxItems };
}

function batcher(fields: Fields | undefined): Batcher | undefined {
  if (!fields) return undefined;
  const parsed = {
    maxItems: fields.optionalAmount('MaxItemsPerBatch', { min: 1, max: MAX_ITEMS }),
    maxInputBytes: fields.optionalAmount('MaxInputBytesPerBatch', { min: 1, max: MAX_INPUT_BYTES }),
    input: fields.optionalTemplate('BatchInput'),
  };
  fields.end();
  if (!parsed.maxItems && !parsed.maxInputBytes)
    throw new DefinitionError(
      `${fields.at}: expected MaxItemsPerBatch or MaxInputBytesPerBatch, or their Paths`,
    );
  return parsed;
}

function writer(fields: Fields | undefined): Template | undefined {
  if (!fields) return undefined;
  fields.refuse({ WriterConfig: 'results are written as AWS writes them without it' });
  resource(fields, 's3:putObject');
  const parameters = bucketAndPrefix(fields);
  fields.end();
  return parameters;
}

function resource(fields: Fields, supported: string): void {
  const given = fields.string('Resource');
  if (!new RegExp(`^arn:aws[a-z-]*:states:::${supported}$`).test(given)) {
    throw new DefinitionError(
      `${fields.at}: the Resource ${given} is not supported, only arn:aws:states:::${supported}`,
    );
  }
}

function bucketAndPrefix(fields: Fields): Template {
  const given = fields.peek('Parameters');
  const names = Object.keys(isJsonObject(given) ? given : {}).map((name) => name.replace(/\.\$$/, ''));
  const unknown = names.find((name) => name !== 'Bucket' && name !== 'Prefix');
  if (unknown !== undefined)
    throw new DefinitionError(`${fields.at}: the parameter ${unknown} is not supported here`);
  if (!names.includes('Bucket'))
    throw new DefinitionError(`${fields.at}: expected Bucket in Parameters, which is missing`);
  return fields.optionalTemplate('Parameters') ?? { kind: 'literal', value: {} };
}

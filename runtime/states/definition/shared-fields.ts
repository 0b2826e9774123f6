import { DefinitionError } from '../data/errors.ts';
import { parseReferencePath } from '../data/paths.ts';
import type { Fields } from './fields.ts';
import { parseCatchers, parseRetriers } from './retry.ts';
import type { NextField, PathFields, SharedFields } from './state-types.ts';

/** Reads InputPath and OutputPath. */
export function pathFields(name: string, fields: Fields): PathFields {
  return { name, inputPath: fields.pathOrNull('InputPath'), outputPath: fields.pathOrNull('OutputPath') };
}

/** Reads Next or End. */
export function nextField(fields: Fields): NextField {
  const next = fields.optionalString('Next');
  const end = fields.has('End') && fields.boolean('End');
  if ((next === undefined) !== end)
    throw new DefinitionError(`${fields.at}: expected either Next or "End": true`);
  return { next };
}

/**
 * Reads what Task, Parallel and Map have in common.
 * @param parameters the name of the field for parameters: Map's is ItemSelector.
 */
export function sharedFields(name: string, fields: Fields, parameters: string): SharedFields {
  return {
    ...pathFields(name, fields),
    ...nextField(fields),
    parameters: fields.optionalTemplate(parameters),
    resultSelector: fields.optionalTemplate('ResultSelector'),
    resultPath: fields.pathOrNull('ResultPath', parseReferencePath),
    retriers: parseRetriers(fields.optionalList('Retry')),
    catchers: parseCatchers(fields.optionalList('Catch')),
  };
}

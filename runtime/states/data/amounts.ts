import { StateError } from './errors.ts';
import type { Json } from './json.ts';
import { type Path, requirePath, type Scope } from './paths.ts';

/** A number in a definition, or the path to one. */
export type Amount =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'path'; readonly path: Path; readonly field: string; readonly bounds: Bounds };

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly fraction?: boolean;
}

/**
 * The number, or the one that the path leads to.
 * @throws StateError States.Runtime if the path leads to no number within the bounds.
 */
export function readAmount(amount: Amount, scope: Scope): number {
  if (amount.kind === 'number') return amount.value;
  const value = requirePath(amount.path, scope, amount.field);
  if (!isWithin(value, amount.bounds)) {
    throw new StateError(
      'States.Runtime',
      `The ${amount.field} '${amount.path.text}' must reference ${describe(amount.bounds)} but references ${JSON.stringify(value)}`,
    );
  }
  return value;
}

export function isWithin(value: Json, bounds: Bounds): value is number {
  return (
    typeof value === 'number' &&
    value >= bounds.min &&
    value <= bounds.max &&
    (bounds.fraction === true || Number.isInteger(value))
  );
}

export function describe(bounds: Bounds): string {
  return `${bounds.fraction ? 'a number' : 'an integer'} from ${bounds.min} to ${bounds.max}`;
}

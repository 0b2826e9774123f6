import type { Answer } from './account.ts';

/** Asks, and keeps the error's name instead of throwing it: a report also says what could not be found out. */
export function answer<T>(ask: () => Promise<T>): Promise<Answer<T>>;
/** @param isNone tells the errors that mean that there is no such thing. */
export function answer<T>(
  ask: () => Promise<T>,
  isNone: (error: Error) => boolean,
): Promise<Answer<T | undefined>>;
export async function answer<T>(
  ask: () => Promise<T>,
  isNone: (error: Error) => boolean = () => false,
): Promise<Answer<T | undefined>> {
  try {
    return { is: await ask() };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return isNone(error) ? { is: undefined } : { error: error.name };
  }
}

/** Whether something is there, by a call that fails with one of these errors if it is not. */
export async function exists(ask: () => Promise<unknown>, ...missing: string[]): Promise<Answer<boolean>> {
  const found = await answer(ask, named(...missing));
  return 'error' in found ? found : { is: found.is !== undefined };
}

export const named =
  (...names: string[]) =>
  (error: Error): boolean =>
    names.includes(error.name);

/** What follows from an answer. */
export function read<T, U>(answered: Answer<T>, follow: (value: T) => U): Answer<U> {
  return 'error' in answered ? answered : { is: follow(answered.is) };
}

import { type Finding, fit, note } from '../../finding.ts';
import type { Answer } from '../account.ts';

/** The findings about an answer. Without an answer, that it could not be looked at; none about what was not asked. */
export function about<T>(
  subject: string,
  answered: Answer<T> | undefined,
  find: (value: T) => readonly Finding[],
): Finding[] {
  if (answered === undefined) return [];
  if ('error' in answered) return [note(subject, fit`Look yourself: AWS answered ${answered.error}.`)];
  return [...find(answered.is)];
}

/** One line of a report: what was looked at, how it is, and what to do. */
export interface Finding {
  /** `stop`: it would fail the deployment. `note`: it would surprise somebody, or could not be looked at. */
  readonly level: 'ok' | 'note' | 'stop';
  /** What was looked at, in at most 11 characters. */
  readonly subject: string;
  /** At most 62 characters: see `fit`. */
  readonly text: string;
}

const COLUMNS = 80;
const MARKS = { ok: 'ok  ', note: 'note', stop: 'STOP' } as const;
const SUBJECT_COLUMNS = 11;
const TEXT_COLUMNS = COLUMNS - MARKS.ok.length - SUBJECT_COLUMNS - 3;

export function formatFinding({ level, subject, text }: Finding): string {
  return `${MARKS[level]} ${subject.padEnd(SUBJECT_COLUMNS)}  ${text}`;
}

/**
 * A sentence that fits into a line: shortens the longest of its values, never its own words.
 * A template tag, so that the values can be told from the words.
 */
export function fit(words: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const texts = values.map(String);
  const join = () => words.map((word, index) => word + (texts[index] ?? '')).join('');
  for (let excess = join().length - TEXT_COLUMNS; excess > 0; excess = join().length - TEXT_COLUMNS) {
    const longest = texts.reduce(
      (best, text, index) => (text.length > (texts[best]?.length ?? 0) ? index : best),
      0,
    );
    const text = texts[longest] ?? '';
    // Shorter than that, a name says nothing.
    if (text.length < 8) break;
    texts[longest] = shorten(text, Math.max(7, text.length - excess));
  }
  return join();
}

/** Leaves out the middle: names of one kind differ at their ends. */
function shorten(text: string, length: number): string {
  const start = Math.ceil((length - 1) / 2);
  return `${text.slice(0, start)}…${text.slice(text.length - (length - 1 - start))}`;
}

export const ok = (subject: string, text: string): Finding => ({ level: 'ok', subject, text });
export const note = (subject: string, text: string): Finding => ({ level: 'note', subject, text });
export const stop = (subject: string, text: string): Finding => ({ level: 'stop', subject, text });

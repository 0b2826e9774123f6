/** A mistake in the template or in a file that it names, or a construct that this runtime does not support. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** The result of a function, or the TemplateError that it throws. */
export function attempt<T>(read: () => T): T | TemplateError {
  try {
    return read();
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}

/** Describes a value of the template for an error message. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    return keys.length === 0 ? 'an empty map' : `a map of ${keys.slice(0, 5).join(', ')}`;
  }
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

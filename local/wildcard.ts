/** A pattern of AWS's policies and rules as a regular expression: `*` is any text, `?` any one character. */
export function compileWildcard(text: string, flags = ''): RegExp {
  // A run of stars means one, and one keeps the match fast.
  const literal = text.replace(/\*+/g, '*').replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`);
}

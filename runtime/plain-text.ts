/** Characters that steer a terminal, or turn the direction of what follows, as what they are called: `\u001b`. */
function escapeEach(text: string, characters: RegExp): string {
  return text.replaceAll(characters, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** One line for a terminal, of a text that anybody may have written: a key, a file's name, the message of an error. */
export function plainLine(text: string): string {
  return escapeEach(text, /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu);
}

/** The same for a text that may have several lines. */
export function plainLines(text: string): string {
  return escapeEach(text, /(?![\t\n])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu);
}

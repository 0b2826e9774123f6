/** Widths in pixels of 1 px of font size, on the wide side of the system fonts. */
const NARROW = 0.42;
const WIDE = 0.95;
const CAPITAL = 0.8;
const OTHER = 0.69;

/** The width in pixels that a text takes at most. The page cannot be asked: a layout is made before it is drawn. */
export function widthOf(text: string, fontPixels: number): number {
  let widths = 0;
  for (const character of text) {
    if (/[iljtfrI1.,:;'|!()[\] ]/.test(character)) widths += NARROW;
    else if (/[mwMW@%—…]/.test(character) || character > '⺀') widths += WIDE;
    else widths += /[A-Z_&$="<>]/.test(character) ? CAPITAL : OTHER;
  }
  return widths * fontPixels;
}

/**
 * Breaks a text into lines: at spaces, after punctuation or before a capital letter, and in the middle of a word only if it
 * is longer than a line.
 */
export function breakLines(text: string, maxCharacters: number): string[] {
  const pieces = text
    .split(/(?<=[\s\-_.,/|])|(?<=[a-z0-9])(?=[A-Z])/)
    .flatMap((piece) => piece.match(new RegExp(`.{1,${maxCharacters}}`, 'gsu')) ?? []);
  const lines: string[] = [];
  for (const piece of pieces) {
    const line = lines.at(-1);
    if (line !== undefined && (line + piece).trimEnd().length <= maxCharacters) {
      lines[lines.length - 1] = line + piece;
    } else {
      lines.push(piece);
    }
  }
  return lines.map((line) => line.trim());
}

/** The content of an element: text, or child elements in order; a list repeats the element. */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | XmlContent[]
  | { [name: string]: XmlContent };

/** Writes the content of an element. Fields that are undefined are left out, as AWS leaves them out. */
export function writeXml(content: XmlContent): string {
  if (content === undefined) return '';
  if (typeof content !== 'object') return escapeText(String(content));
  if (Array.isArray(content)) return content.map(writeXml).join('');
  return Object.entries(content)
    .map(([name, value]) => {
      if (value === undefined) return '';
      if (Array.isArray(value)) return value.map((one) => writeElement(name, one)).join('');
      return writeElement(name, value);
    })
    .join('');
}

function writeElement(name: string, content: XmlContent): string {
  return `<${name}>${writeXml(content)}</${name}>`;
}

function escapeText(text: string): string {
  // Control characters are written as references: a parser would read a bare carriage return as a line feed.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[&<>"\u0000-\u001f\u007f\ufffe\uffff]/g, (character) => {
    switch (character) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      default:
        return `&#x${character.charCodeAt(0).toString(16)};`;
    }
  });
}

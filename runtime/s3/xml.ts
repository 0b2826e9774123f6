// Writes the XML of answers, and reads the three kinds of request documents. Follows the Amazon S3 API Reference
// (response syntax) and "REST error responses". The reader accepts elements, text, entities, CDATA and comments. It
// refuses a DOCTYPE, which no S3 request has and which attacks on XML parsers use.

import { writeXml, type XmlContent } from '../xml.ts';
import { S3Error } from './error.ts';

export type { XmlContent } from '../xml.ts';

export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** Writes an answer's document. Fields that are undefined are left out, as S3 leaves them out. */
export function writeDocument(name: string, content: XmlContent): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${NAMESPACE}">${writeXml(content)}</${name}>`;
}

/** Writes a document without a namespace: an error, or the answer to a form. */
export function writePlainDocument(name: string, content: Readonly<Record<string, string>>): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${writeXml(content)}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Reads a request's document.
 * @throws S3Error MalformedXML
 */
export function readDocument(source: string): XmlElement {
  const root: Open = { name: '', text: '', children: [] };
  const stack: Open[] = [root];
  // White space must follow a name, so that matching takes linear time even if the name has no end.
  const markup =
    /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s<>/!?]+)(?:\s[^<>]*?)?(\/?)>|[^<]+/gy;
  let position = 0;
  for (const match of source.matchAll(markup)) {
    position = match.index + match[0].length;
    const top = stack.at(-1);
    if (top === undefined) throw malformed();
    const [whole, cdata, closing, name, selfClosing] = match;
    if (cdata !== undefined) top.text += cdata;
    else if (name === undefined) {
      if (!whole.startsWith('<')) top.text += readText(whole);
    } else if (closing === '/') {
      if (stack.pop()?.name !== localName(name)) throw malformed();
    } else {
      const element: Open = { name: localName(name), text: '', children: [] };
      top.children.push(element);
      if (selfClosing !== '/') stack.push(element);
    }
  }
  const [document, another] = root.children;
  if (position !== source.length || stack.length !== 1 || document === undefined || another !== undefined) {
    throw malformed();
  }
  return document;
}

interface Open {
  name: string;
  text: string;
  children: Open[];
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function readText(raw: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has them as references only
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(raw)) throw malformed();
  return raw.replace(/\r\n?/g, '\n').replace(/&([^;&]*);?/g, (reference, name: string) => {
    const code = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name);
    if (code === null || !reference.endsWith(';')) {
      const character = reference.endsWith(';') ? ENTITIES[name] : undefined;
      if (character === undefined) throw malformed();
      return character;
    }
    const point = Number.parseInt(code[1] ?? code[2] ?? '', code[1] === undefined ? 10 : 16);
    // A lone surrogate would be encoded as another character, which would name another key.
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw malformed();
    return String.fromCodePoint(point);
  });
}

/** The text of the child of that name, if there is one. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

export function malformed(): S3Error {
  return new S3Error(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

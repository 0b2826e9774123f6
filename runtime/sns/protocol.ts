// The query protocol: form fields in, XML out. Follows "Making query requests" (Amazon SNS Developer Guide) and "Common
// Error Types" (Amazon SNS API Reference).

import { randomUUID } from 'node:crypto';
import { writeXml, type XmlContent } from '../xml.ts';

export interface SnsAnswer {
  readonly status: number;
  /** XML. */
  readonly body: string;
}

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

export class SnsFault extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function invalid(message: string): SnsFault {
  return new SnsFault(400, 'InvalidParameter', `Invalid parameter: ${message}`);
}

export function unsupported(what: string): SnsFault {
  return new SnsFault(400, 'InvalidAction', `The local SNS does not support ${what}.`);
}

/** @param result undefined for an operation whose answer has no result. */
export function writeAnswer(action: string, result: XmlContent): SnsAnswer {
  const fields = {
    ...(result !== undefined && { [`${action}Result`]: result }),
    ResponseMetadata: { RequestId: randomUUID() },
  };
  return { status: 200, body: writeDocument(`${action}Response`, fields) };
}

export function writeFault({ status, code, message }: SnsFault): SnsAnswer {
  const fields = { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: randomUUID() };
  return { status, body: writeDocument('ErrorResponse', fields) };
}

function writeDocument(name: string, content: XmlContent): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${NAMESPACE}">${writeXml(content)}</${name}>`;
}

/** The fields of a request. One that the operation does not take is refused by name, never ignored. */
export class Fields {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams, accepted: readonly string[]) {
    const known = ['Action', 'Version', ...accepted];
    const other = [...values.keys()].find(
      (name) => !known.some((one) => name === one || name.startsWith(`${one}.`)),
    );
    if (other !== undefined) throw unsupported(`${other} in ${values.get('Action')}`);
    this.#values = values;
  }

  optional(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  text(name: string): string {
    const value = this.#values.get(name);
    if (value) return value;
    throw invalid(`${name}: expected a value but there is none`);
  }

  boolean(name: string): boolean {
    return this.#values.get(name)?.toLowerCase() === 'true';
  }

  /** A map, whose entries are numbered: `Attributes.entry.1.key`. */
  map(name: string): Map<string, string> {
    const entries = new Map<string, string>();
    for (const [field, key] of this.#values) {
      const [, number] = new RegExp(`^${name}\\.entry\\.(\\d+)\\.key$`).exec(field) ?? [];
      if (number !== undefined) entries.set(key, this.#values.get(`${name}.entry.${number}.value`) ?? '');
    }
    return entries;
  }
}

/** The XML of a map. */
export function mapContent(map: Readonly<Record<string, string | number>>): XmlContent {
  return { entry: Object.entries(map).map(([key, value]) => ({ key, value })) };
}

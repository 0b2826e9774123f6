// Reads a form piece by piece: its fields, and then its file, which is never held whole. Follows "POST Object" and "HTML
// forms"; error messages that these pages do not state are those that S3 answers with.

import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { S3Error } from './error.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: S3's variable looks like JavaScript's
const FILE_NAME_VARIABLE = '${filename}';
/** What a decoder puts in the place of bytes that are no Unicode. */
const REPLACEMENT = '\ufffd';
/** AWS's limit for everything that comes before the content of the file. */
export const MAX_FIELD_BYTES = 20_480;

export interface PostForm {
  /** By lower-case name. Fields of one name are one field, whose values are separated by commas. */
  readonly fields: ReadonlyMap<string, string>;
  /** Whether the bytes of a value were no Unicode, so that U+FFFD stands for them. */
  readonly isReplaced: (value: string) => boolean;
  /** The content of the file, to be read once. What comes after the file in the form is read, too, and ignored. */
  readonly file: AsyncIterable<Buffer>;
}

/**
 * Reads a form up to its file.
 * @throws S3Error PreconditionFailed, MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument; reading the
 *   file throws MalformedPOSTRequest if it has no end.
 */
export async function readForm(request: IncomingMessage, contentType: string | undefined): Promise<PostForm> {
  const form = new FormParser(contentType);
  // Keeps the request open, so that an error before the end of the form can still be answered.
  const source: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  // The parser finds the file only when it has seen as many bytes after its header as a delimiter has.
  let bytesLeft = MAX_FIELD_BYTES + form.delimiterBytes;
  while (form.fileName === undefined) {
    const { done, value } = await source.next();
    if (done) throw form.hasEnd ? noFile() : malformed();
    const head = value.subarray(0, bytesLeft);
    bytesLeft -= head.length;
    await form.write(head);
    if (form.fileName === undefined && bytesLeft === 0) throw fieldsTooLong();
    await form.write(value.subarray(head.length));
  }
  return {
    fields: form.expandFields(),
    isReplaced: (value) => form.isReplaced(value),
    file: form.readFile(source),
  };
}

/** Reads what is left of a request and drops it. */
export async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  const source: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const _ of source);
}

class FormParser {
  /** Undefined until the part of the file begins; null if the part has no file name. */
  fileName: string | null | undefined;
  readonly #fields = new Map<string, string>();
  readonly #parser: BusboyInstance;
  readonly #delimiter: string;
  /** Everything before the file. */
  #head = Buffer.alloc(0);
  readonly #pieces: Buffer[] = [];
  readonly #fileEnd = Promise.withResolvers<void>();
  #hasFileEnded = false;

  constructor(contentType = '') {
    if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) throw notMultipart();
    const boundary = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
    if (boundary === null) throw malformed();
    this.#delimiter = `\r\n--${boundary[1] ?? boundary[2]}`;
    this.#parser = new Busboy({
      headers: { 'content-type': contentType },
      // Some clients give every part a file name, and some give none to the file.
      isPartAFile: (name) => name?.toLowerCase() === 'file',
      // The path is removed as S3 removes it, which keeps names such as `..`.
      preservePath: true,
      limits: { fieldSize: MAX_FIELD_BYTES },
    });
    this.#parser.on('field', (name, value) => this.#add(name, value));
    this.#parser.on('file', (_name, stream, fileName) => {
      if (this.fileName !== undefined) {
        stream.resume();
        return;
      }
      this.fileName = fileName ?? null;
      stream.on('data', (piece: Buffer) => this.#pieces.push(piece));
      stream.on('end', () => {
        this.#hasFileEnded = true;
        this.#fileEnd.resolve();
      });
      // The parser reports the same error.
      stream.on('error', () => undefined);
    });
    this.#parser.on('error', () => this.#fileEnd.reject(malformed()));
    // Nobody waits for the end of a file that is refused before.
    this.#fileEnd.promise.catch(() => undefined);
  }

  /** Whether the closing delimiter has come, in a form without a file. */
  get hasEnd(): boolean {
    return `\r\n${this.#head.toString('latin1')}`.includes(`${this.#delimiter}--`);
  }

  get delimiterBytes(): number {
    return this.#delimiter.length;
  }

  /** Resolves when the parser has taken the piece. */
  async write(piece: Buffer): Promise<void> {
    if (piece.length === 0) return;
    if (this.fileName === undefined) this.#head = Buffer.concat([this.#head, piece]);
    await new Promise<void>((resolve) => this.#parser.write(piece, () => resolve()));
  }

  /** The fields, with the name of the file in place of the variable for it. S3 keeps the variable if there is no name. */
  expandFields(): ReadonlyMap<string, string> {
    const name = this.fileName?.replace(/^.*[/\\]/s, '').toWellFormed();
    if (name === undefined) return this.#fields;
    return new Map(
      [...this.#fields].map(([field, value]) => [field, value.replaceAll(FILE_NAME_VARIABLE, () => name)]),
    );
  }

  /** A value may also have the character U+FFFD itself. */
  isReplaced(value: string): boolean {
    return value.includes(REPLACEMENT) && !this.#head.includes(REPLACEMENT);
  }

  async *readFile(source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
    while (!this.#hasFileEnded) {
      yield* this.#pieces.splice(0);
      const { done, value } = await source.next();
      if (done) {
        this.#parser.end();
        await this.#fileEnd.promise;
      } else await this.write(value);
    }
    yield* this.#pieces.splice(0);
    while (!(await source.next()).done);
  }

  #add(name: string | undefined, value: string): void {
    if (this.fileName !== undefined || name === undefined) return;
    const key = name.toLowerCase();
    const earlier = this.#fields.get(key);
    // Another charset than UTF-8 could bring halves of characters, which no header and no URL can contain.
    const text = value.toWellFormed();
    this.#fields.set(key, earlier === undefined ? text : `${earlier},${text}`);
  }
}

export function missingField(name: string): S3Error {
  return invalidField(
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    name,
  );
}

export function invalidField(
  message: string,
  name: string,
  value = '',
  more: Readonly<Record<string, string>> = {},
): S3Error {
  return new S3Error(400, 'InvalidArgument', message, {
    ArgumentName: name,
    ArgumentValue: value,
    ...more,
  });
}

function noFile(): S3Error {
  return invalidField('POST requires exactly one file upload per request.', 'file', '0');
}

function malformed(): S3Error {
  return new S3Error(
    400,
    'MalformedPOSTRequest',
    'The body of your POST request is not well-formed multipart/form-data.',
  );
}

function notMultipart(): S3Error {
  return new S3Error(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
  );
}

function fieldsTooLong(): S3Error {
  return new S3Error(
    400,
    'MaxPostPreDataLengthExceeded',
    'Your POST request fields preceeding the upload file was too large.',
    { MaxPostPreDataLengthBytes: String(MAX_FIELD_BYTES) },
  );
}

import { isFocalPoint } from '../image-resize/focal-metadata.ts';
import { DEFAULT_LIMITS } from '../image-resize/image/limits.ts';
import { SOURCE_FORMATS } from '../image-resize/image/reading/format.ts';
import type { FocalPoint } from '../image-resize/image/rendering/focal-point.ts';

/** The file that somebody wants to upload. */
export interface UploadRequest {
  readonly name: string;
  /** One that the stack accepts. */
  readonly contentType: string;
  readonly bytes: number;
  /** What crops of the image keep. */
  readonly focalPoint?: FocalPoint;
}

/** The request has no link to get. The message names every mistake, and is for the caller to read. */
export class InvalidUploadError extends Error {
  override readonly name = 'InvalidUploadError';
}

/** Which images the stack makes renditions of. */
export interface Accepted {
  readonly acceptsHeic: boolean;
}

/** Those that the pipeline makes renditions of; it looks at the bytes and not at this type. */
const CONTENT_TYPES: readonly string[] = SOURCE_FORMATS.map((format) => `image/${format}`);
/** Systems name the same files differently. */
const HEIC_CONTENT_TYPES: readonly string[] = ['image/heic', 'image/heif'];

/** S3's limit for a whole key, in bytes. What becomes of a longer name is not worth a link. */
const MAX_NAME_CHARACTERS = 1024;

const { maxBytes } = DEFAULT_LIMITS;

const FIELDS: Readonly<Record<string, (value: unknown, accepted: Accepted) => string | undefined>> = {
  name: (value) =>
    typeof value === 'string' && value.length >= 1 && value.length <= MAX_NAME_CHARACTERS
      ? undefined
      : `expected the file's name in 1 to ${MAX_NAME_CHARACTERS} characters`,
  contentType: (value, { acceptsHeic }) => {
    const types = [...CONTENT_TYPES, ...(acceptsHeic ? HEIC_CONTENT_TYPES : [])];
    return typeof value === 'string' && types.includes(value)
      ? undefined
      : `expected one of ${types.join(', ')}`;
  },
  bytes: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxBytes
      ? undefined
      : `expected the file's size as a whole number from 1 to ${maxBytes} (50 MiB)`,
  focalPoint: (value) =>
    value === undefined || isFocalPoint(value)
      ? undefined
      : 'expected {"x": 0.3, "y": 0.7} with shares of the width and the height from 0 to 1',
};

/**
 * Reads the body of POST /uploads.
 * @throws InvalidUploadError
 */
export function readUploadRequest(body: string, accepted: Accepted): UploadRequest {
  const value = parseObject(body);
  const mistakes = Object.entries(FIELDS).flatMap(([field, findMistake]) => {
    const mistake = findMistake(value[field], accepted);
    return mistake ? [`${field}: ${mistake} but received ${show(value[field])}.`] : [];
  });
  const unknown = Object.keys(value).filter((field) => !Object.hasOwn(FIELDS, field));
  if (unknown.length > 0) mistakes.push(`Expected no other fields but received ${show(unknown.join(', '))}.`);
  if (mistakes.length > 0) throw new InvalidUploadError(mistakes.join(' '));
  const { focalPoint } = value;
  return {
    name: String(value.name),
    contentType: String(value.contentType),
    bytes: Number(value.bytes),
    ...(isFocalPoint(focalPoint) && { focalPoint: { x: focalPoint.x, y: focalPoint.y } }),
  };
}

function parseObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Answered below.
  }
  throw new InvalidUploadError(
    'Expected {"name": "cat.jpg", "contentType": "image/jpeg", "bytes": 123456} as JSON.',
  );
}

/** The start of a text, so that a long one does not come back whole; lists and maps may be too deep to write as JSON. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a map';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80).toWellFormed()}…` : text;
}

import { DISK_FULL, DISK_FULL_CODE, isDiskFull } from '../full-disk.ts';
import { AccessDeniedError } from '../iam/index.ts';

/** An error answer of S3: `status` is the HTTP status; `code` and `details` go into the error document. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** The answer to an error; undefined for a defect of this service, and for what the file system reports besides a full disk. */
export function asS3Error(error: unknown): S3Error | undefined {
  if (error instanceof S3Error) return error;
  if (error instanceof AccessDeniedError) return new S3Error(403, error.name, error.message);
  return isDiskFull(error) ? new S3Error(503, DISK_FULL_CODE, DISK_FULL) : undefined;
}

/** Refuses by name something that S3 supports and this service does not. */
export function notImplemented(what: string): S3Error {
  return new S3Error(
    501,
    'NotImplemented',
    `The local S3 does not support ${what}. What it supports is listed at the top of runtime/s3/index.ts.`,
  );
}

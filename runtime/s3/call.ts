import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Principal } from '../iam/index.ts';

/** A request, as the operations get it. */
export interface Call {
  readonly method: string;
  /** Empty if the request names no bucket. */
  readonly bucket: string;
  /** Empty if the request names no object. Percent-decoded once, and not normalized. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  /** By lower-case name. As on AWS, they include the `x-amz-` parameters of a presigned URL. */
  readonly headers: ReadonlyMap<string, string>;
  readonly principal: Principal;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly request: IncomingMessage;
}

/** What an operation returns; header values that are undefined are left out. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: string | Readable;
}

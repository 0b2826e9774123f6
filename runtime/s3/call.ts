// One request as the operations see it, and one answer as they give it.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Principal } from '../iam/permissions.ts';

export interface Call {
  readonly method: string;
  /** Empty where the request names no bucket. */
  readonly bucket: string;
  /** Empty where the request names no object. Raw: decoded once, otherwise as it came. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  /** By lower-case name. A presigned URL's `x-amz-` parameters are among them, as in AWS. */
  readonly headers: ReadonlyMap<string, string>;
  readonly principal: Principal;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly request: IncomingMessage;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: string | Readable;
}

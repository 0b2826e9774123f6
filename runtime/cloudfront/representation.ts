// How an object is sent to one viewer: whole or in part, compressed or not, or not at all because the viewer has it.
// Follows "Serve compressed files", "How CloudFront processes partial requests for an object (range GETs)" and RFC 9110.

import fresh from 'fresh';
import { weakened } from './compression.ts';
import type { ViewerRequest } from './event.ts';
import type { FoundObject } from './objects.ts';

interface Representation {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FoundObject['body'] | undefined;
}

export function represent(request: ViewerRequest, object: FoundObject): Representation {
  const header = (name: string) => request.headers.get(name)?.join();
  const isRange = request.method === 'GET' && header('range') !== undefined;
  const { status, headers, body } = isRange ? object : withCompression(object);
  if (
    status === 200 &&
    fresh(
      { 'if-none-match': header('if-none-match'), 'if-modified-since': header('if-modified-since') },
      headers,
    )
  )
    return { status: 304, headers: withoutContent(headers), body: undefined };
  if (!isRange || status !== 200 || !Buffer.isBuffer(body)) return { status, headers, body };
  return partOf({ headers, body }, header('range') ?? '', header('if-range'));
}

function withCompression({ status, headers, body, compressed }: FoundObject): Representation {
  if (!compressed) return { status, headers, body };
  const { etag, 'accept-ranges': _, ...others } = headers;
  const weak = weakened(etag);
  return {
    status,
    headers: {
      ...others,
      ...(weak !== undefined && { etag: weak }),
      'content-encoding': compressed.encoding,
      'content-length': String(compressed.body.length),
      vary: [others.vary, 'Accept-Encoding'].filter(Boolean).join(', '),
    },
    body: compressed.body,
  };
}

function withoutContent(headers: Representation['headers']): Representation['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));
}

/** A part of an object. As on AWS, everything is sent if the header is not valid; so it is if it has several ranges. */
function partOf(
  { headers, body }: { readonly headers: Representation['headers']; readonly body: Buffer },
  range: string,
  ifRange: string | undefined,
): Representation {
  const whole = { status: 200, headers, body };
  if (ifRange !== undefined && ifRange !== headers.etag && ifRange !== headers['last-modified']) return whole;
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range.trim()) ?? [];
  if (first === '' && last === '') return whole;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return whole;
  const start = first === '' ? Math.max(0, body.length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? body.length - 1 : Math.min(Number(last), body.length - 1);
  if (start > end) {
    const unsatisfied = { ...withoutContent(headers), 'content-range': `bytes */${body.length}` };
    return { status: 416, headers: unsatisfied, body: Buffer.alloc(0) };
  }
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end}/${body.length}` },
    body: body.subarray(start, end + 1),
  };
}

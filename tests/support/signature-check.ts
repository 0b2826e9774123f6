import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';

/** A server that stands before another one and lets signed requests pass only, as AWS does. */
export interface SignatureCheck {
  readonly url: string;
  /** The services that requests were signed for, in the order in which they came. */
  readonly services: readonly string[];
  stop(): void;
}

/**
 * Checks Signature Version 4 by the document of AWS, without the SDK: "Create a signed AWS API request" (IAM User Guide).
 * @param secret of everybody.
 */
export async function checkSignatures(behind: string, secret: string): Promise<SignatureCheck> {
  const services: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const body = Buffer.concat(await request.toArray());
    const found = readAuthorization(headers.authorization);
    if (!found || !isSigned({ method, url, headers, body }, found, secret)) {
      response
        .writeHead(403)
        .end('{"__type":"InvalidSignatureException","message":"The signature does not match."}');
      return;
    }
    services.push(found.service);
    const { hostname, port } = new URL(behind);
    const onward = send(
      { hostname, port, method, path: url, headers: { ...headers, host: `${hostname}:${port}` } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    services,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Authorization {
  readonly scope: readonly string[];
  readonly service: string;
  readonly names: readonly string[];
  readonly signature: string;
}

function readAuthorization(text = ''): Authorization | undefined {
  const [, scope = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\S+), SignedHeaders=(\S+), Signature=([\da-f]{64})$/.exec(text) ??
    [];
  const parts = scope.split('/');
  return signature === ''
    ? undefined
    : { scope: parts, service: parts[2] ?? '', names: names.split(';'), signature };
}

/** What S3 takes in place of the hash of a body: the second one is for streams, whose checksum comes last. */
const UNSIGNED: readonly string[] = ['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'];

function isSigned(
  { method, url, headers, body }: Received,
  { scope, service, names, signature }: Authorization,
  secret: string,
): boolean {
  const [path = '', search = ''] = url.split('?');
  // S3 alone takes the path as it is; the others encode it once more.
  const canonicalPath = service === 's3' ? path : path.split('/').map(encodeURIComponent).join('/');
  const given = headers['x-amz-content-sha256'];
  const isUnsigned = service === 's3' && UNSIGNED.includes(String(given));
  const payload = isUnsigned ? String(given) : sha256(body);
  const canonical = [
    method,
    canonicalPath,
    search.split('&').filter(Boolean).sort().join('&'),
    ...names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    payload,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>((secretOrKey, part) => hmac(secretOrKey, part), `AWS4${secret}`);
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'));
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

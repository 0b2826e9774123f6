/**
 * Which requests get in. Nobody has to sign here, and a browser sends the requests of any page to this machine, so every
 * port refuses two kinds: those that do not name this machine, since a page elsewhere can make its own name lead to
 * 127.0.0.1 and then read all answers (DNS rebinding); and those by which a page of another origin would change something
 * (cross-site request forgery). Follows RFC 9110, section 7, RFC 9112, section 3.2, and the Fetch standard.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import onHeaders from 'on-headers';

interface GateOptions {
  /** Where the runtime serves pages, which may change everything. */
  readonly pagesUrl: string;
  /** Names that requests may have besides those of this machine, with or without a port. */
  readonly allowHosts: readonly string[];
  /** Origins whose pages may send every request and read every answer. */
  readonly allowOrigins: readonly string[];
}

/** A request of a page of another origin. */
export interface PageRequest {
  readonly method: string;
  /** With the query; not normalized. */
  readonly url: string;
  readonly host: string;
  readonly origin: string;
}

/** A port, and the service behind it. */
interface Door {
  readonly port: number;
  /** Whether the service's own CORS configuration lets the page send the request. */
  readonly allowsPage: (request: PageRequest) => boolean | Promise<boolean>;
  /** Writes a refusal as the service writes its errors. */
  readonly writeRefusal: (refusal: Refusal) => { readonly type: string; readonly body: string | Buffer };
  readonly handle: RequestListener;
}

export interface Gate {
  /** Makes the listener of a port: it hands the requests that get in to the service. */
  guard(door: Door): RequestListener;
  /** Whether the runtime itself serves the pages of an origin. */
  isOwnPage(origin: string): boolean;
}

/** An answer to a request that does not get in. */
export interface Refusal {
  readonly status: 400 | 403 | 421;
  readonly message: string;
}

/** The names of this machine. S3 takes the bucket from the front of the last one. */
const LOOPBACK = /^(127\.0\.0\.1|\[::1\]|([\w-]+\.)*localhost)$/;
const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/i;
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/;
/** The methods that RFC 9110 calls safe; a browser sends OPTIONS itself, to ask. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];
/** How long a browser remembers what an allowed page may send. */
const PREFLIGHT_SECONDS = '600';

/** @throws Error that names the option, for a name or an origin that no request can have. */
export function createGate({ pagesUrl, allowHosts, allowOrigins }: GateOptions): Gate {
  const pagesPort = Number(new URL(pagesUrl).port || 80);
  const names = allowHosts.map(checkHost);
  const origins = allowOrigins.map(checkOrigin);

  const isHostAllowed = (host: string, port: number): boolean => {
    const [, name = '', given = '80'] = HOST.exec(host.toLowerCase()) ?? [];
    if (LOOPBACK.test(name) && given === String(port)) return true;
    return name !== '' && (names.includes(name) || names.includes(`${name}:${given}`));
  };

  const isOwnPage = (origin: string): boolean => {
    const url = URL.parse(origin);
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return false;
    return isHostAllowed(`${url.hostname}:${url.port || DEFAULT_PORTS[url.protocol]}`, pagesPort);
  };

  const refusalOfHost = (request: IncomingMessage, port: number): Refusal | undefined => {
    if ((request.headersDistinct.host ?? []).length > 1)
      return { status: 400, message: 'Expected one Host header but received several.' };
    const scheme = toOriginForm(request);
    if (scheme !== 'http')
      return {
        status: 421,
        message: `Expected the target of the request to be http but received ${scheme}.`,
      };
    const { host } = request.headers;
    // HTTP/1.0 has none, and no browser speaks it. Node refuses an HTTP/1.1 request without one.
    if (host === undefined || isHostAllowed(host, port)) return undefined;
    const names = `127.0.0.1:${port}, localhost:${port}, *.localhost:${port} or [::1]:${port}`;
    const remedy = HOST.test(host) ? ` To allow it, start with --allow-host ${host}.` : '';
    return { status: 403, message: `Expected the Host header ${names} but received "${host}".${remedy}` };
  };

  /** Why a page of another origin may not send a request; undefined if it may. */
  const refusalOfPage = async (request: IncomingMessage, door: Door): Promise<Refusal | undefined> => {
    const { method = 'GET', url = '/', headers } = request;
    const { origin, host = '' } = headers;
    const isNamed = origin !== undefined && ORIGIN.test(origin);
    if (isNamed && (await mayPass(door, { method, url, host, origin }))) return undefined;
    const page = isNamed ? `a page of ${origin}` : 'a page whose origin the browser does not tell';
    const remedy = isNamed
      ? `To allow it, start with --allow-origin ${origin}, or let the template's CORS configuration name it.`
      : 'To allow a page, serve it by HTTP and start with --allow-origin and its origin.';
    return {
      status: 403,
      message: `${method} by ${page} is refused: any page that is open in a browser on this machine could send it. ${remedy}`,
    };
  };

  const isForeignChange = ({ method = 'GET', headers }: IncomingMessage): boolean => {
    if (SAFE_METHODS.includes(method)) return false;
    if (headers.origin !== undefined) return !isOwnPage(headers.origin);
    // Browsers name the origin of such requests; this is for one that does not.
    return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
  };

  const guard = (door: Door): RequestListener => {
    const refuse = (request: IncomingMessage, response: ServerResponse, refusal: Refusal): void => {
      const { type, body } = door.writeRefusal(refusal);
      // The client may still be writing; it gets the answer nevertheless.
      request.resume();
      response.writeHead(refusal.status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    return (request, response) => {
      const refusal = refusalOfHost(request, door.port);
      if (refusal) return refuse(request, response, refusal);
      const { origin = '' } = request.headers;
      if (origins.includes(origin)) {
        if (!answerAllowedPage(request, response, origin)) door.handle(request, response);
        return;
      }
      if (!isForeignChange(request)) return door.handle(request, response);
      void refusalOfPage(request, door).then((found) =>
        found ? refuse(request, response, found) : door.handle(request, response),
      );
    };
  };

  return { guard, isOwnPage };
}

/** What the service cannot read does not pass. */
async function mayPass({ allowsPage }: Door, request: PageRequest): Promise<boolean> {
  try {
    return await allowsPage(request);
  } catch {
    return false;
  }
}

const DEFAULT_PORTS = { 'http:': '80', 'https:': '443' } as const;

/**
 * Lets a page of an allowed origin read the answer, whatever the service's own CORS configuration says.
 * @returns whether the request asked before another one, and is answered with this.
 */
function answerAllowedPage(request: IncomingMessage, response: ServerResponse, origin: string): boolean {
  const asked = request.headers['access-control-request-method'];
  // Last, so that it replaces what the service says.
  onHeaders(response, () => {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', '*');
    response.appendHeader('vary', 'Origin');
  });
  if (request.method !== 'OPTIONS' || asked === undefined) return false;
  response.writeHead(204, {
    'access-control-allow-methods': asked,
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '',
    'access-control-max-age': PREFLIGHT_SECONDS,
  });
  response.end();
  return true;
}

/**
 * Gives a request whose target is a whole URL, as clients of a proxy send it, the form of any other one. The host of the
 * target then replaces the Host header.
 * @returns the scheme of the target.
 */
function toOriginForm(request: IncomingMessage): string {
  const [, scheme, host, rest = ''] =
    /^([a-z][a-z\d+.-]*):\/\/([^/?#]*)(.*)$/is.exec(request.url ?? '') ?? [];
  if (scheme === undefined || host === undefined) return 'http';
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
  request.headersDistinct.host = [host];
  request.headers.host = host;
  const { rawHeaders } = request;
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (at < 0) rawHeaders.push('Host', host);
  else rawHeaders[at + 1] = host;
  return scheme.toLowerCase();
}

function checkHost(host: string): string {
  if (HOST.test(host)) return host.toLowerCase();
  throw new Error(
    `--allow-host: expected a name such as images.example or images.example:8000 but received "${host}".`,
  );
}

function checkOrigin(origin: string): string {
  if (ORIGIN.test(origin)) return origin;
  throw new Error(
    `--allow-origin: expected an origin such as http://localhost:5173, without a slash at its end, but received "${origin}".`,
  );
}

import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { randomFrom } from '../support/random.ts';

/** A proxy between the function and S3 that injects faults into some of the requests. */
export interface FaultyProxy {
  readonly url: string;
  /** The address of S3. Requests fail until it is set. */
  forwardTo(s3Url: string): void;
  /** From now on every request passes unchanged. */
  stopFaults(): void;
  /** From now on every object in a listing was modified this much earlier, as if the clock had advanced. */
  advanceClock(ms: number): void;
  readonly requests: number;
  /** How often each fault was injected. */
  readonly injected: ReadonlyMap<FaultName, number>;
  close(): Promise<void>;
}

export interface ProxyOptions {
  readonly seed: number;
  /** The share of requests that get a fault, from 0 to 1. */
  readonly faultRate: number;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request of the function, and what a fault can do with it. */
interface Exchange {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: Buffer;
  readonly random: () => number;
  /** Has S3 carry out the request. */
  forward(body?: Buffer): Promise<Answer>;
  /** Sends an answer as it is. */
  send(answer: Answer): void;
  /** The connection, for what is no valid answer. */
  readonly socket: Socket;
}

interface Fault {
  /** The requests to which this fault can happen; all if it is missing. */
  readonly fits?: (exchange: Exchange) => boolean;
  readonly inject: (exchange: Exchange) => Promise<void> | void;
}

const isListing = ({ path }: Exchange) => path.includes('list-type=2');
const isRead = (exchange: Exchange) => exchange.method === 'GET' && !isListing(exchange);
const isWrite = ({ method }: Exchange) => method === 'PUT';
const hasAnswerBody = ({ method }: Exchange) => method === 'GET' || method === 'POST';

/** Codes, statuses and messages: "Error responses", Amazon S3 API Reference. */
const FAULTS = {
  slowDown: refuse(503, 'SlowDown', 'Please reduce your request rate.'),
  internalError: orAfterwards(
    xmlError(500, 'InternalError', 'We encountered an internal error. Please try again.'),
  ),
  badGateway: orAfterwards({
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html><head><title>502 Bad Gateway</title></head><body><hr>nginx</body></html>'),
  }),
  operationAborted: refuse(409, 'OperationAborted', 'A conflicting conditional operation is in progress.'),
  requestTimeout: refuse(400, 'RequestTimeout', 'Your socket connection to the server was not read from.'),
  requestTimeTooSkewed: refuse(403, 'RequestTimeTooSkewed', 'The difference of the clocks is too large.'),
  kmsThrottled: refuse(
    400,
    'KMS.ThrottlingException',
    'You have exceeded the rate at which you may call KMS.',
  ),
  resetBefore: { inject: ({ socket }) => void socket.resetAndDestroy() },
  resetDuring: {
    inject: async (exchange) => {
      const bytes = serialize(await exchange.forward());
      const part = bytes.subarray(0, 1 + Math.floor(exchange.random() * (bytes.length - 1)));
      exchange.socket.write(part, () => exchange.socket.resetAndDestroy());
    },
  },
  lostAnswer: {
    inject: async (exchange) => {
      await exchange.forward();
      exchange.socket.resetAndDestroy();
    },
  },
  truncated: {
    fits: hasAnswerBody,
    inject: async (exchange) => {
      const answer = await exchange.forward();
      const lost = 1 + Math.floor(exchange.random() * answer.body.length);
      exchange.socket.end(serialize(answer).subarray(0, -lost));
    },
  },
  shortened: {
    fits: hasAnswerBody,
    inject: async (exchange) => {
      const answer = await exchange.forward();
      const body = answer.body.subarray(0, Math.floor(exchange.random() * answer.body.length));
      exchange.send({ ...answer, body });
    },
  },
  flippedAnswer: {
    // Only objects have a checksum. Listings and errors have TLS alone.
    fits: isRead,
    inject: async (exchange) => {
      const answer = await exchange.forward();
      const isObject = answer.status === 200;
      exchange.send({ ...answer, body: isObject ? flipBytes(answer.body, exchange.random) : answer.body });
    },
  },
  flippedRequest: {
    fits: isWrite,
    inject: async (exchange) =>
      exchange.send(await exchange.forward(flipBytes(exchange.body, exchange.random))),
  },
  slow: {
    fits: hasAnswerBody,
    inject: async (exchange) => {
      const bytes = serialize(await exchange.forward());
      const step = Math.ceil(bytes.length / 4);
      for (let offset = 0; offset < bytes.length; offset += step) {
        if (offset > 0) await sleep(20 + 40 * exchange.random());
        exchange.socket.write(bytes.subarray(offset, offset + step));
      }
      exchange.socket.end();
    },
  },
  stalled: {
    fits: hasAnswerBody,
    inject: async (exchange) => {
      const bytes = serialize(await exchange.forward());
      const part = Math.floor(exchange.random() * bytes.length);
      exchange.socket.write(bytes.subarray(0, part));
      await sleep(250 + 750 * exchange.random());
      if (exchange.random() < 0.5) exchange.socket.resetAndDestroy();
      else exchange.socket.end(bytes.subarray(part));
    },
  },
  duplicate: {
    inject: async (exchange) => {
      const answers = [await exchange.forward(), await exchange.forward()] as const;
      exchange.send(answers[exchange.random() < 0.5 ? 0 : 1]);
    },
  },
  withoutEtag: {
    fits: (exchange) => isRead(exchange) || isWrite(exchange) || exchange.method === 'HEAD',
    inject: async (exchange) => {
      const answer = await exchange.forward();
      const { etag: _, ...headers } = answer.headers;
      exchange.send({ ...answer, headers });
    },
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(isFaultName);

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/**
 * Starts the proxy on a free port. Which fault the nth request for a path gets follows from the seed alone, in whatever
 * order the requests for different paths arrive.
 */
export async function startProxy({ seed, faultRate }: ProxyOptions): Promise<FaultyProxy> {
  const agent = new Agent({ keepAlive: true });
  const injected = new Map<FaultName, number>();
  const seen = new Map<string, number>();
  let target: URL | undefined;
  let rate = faultRate;
  let advancedMs = 0;
  let requests = 0;

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', socket } = incoming;
    const body = await buffer(incoming);
    const name = `${method} ${path}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    requests += 1;
    const random = randomFrom(seed ^ crc32(`${name} ${count}`));
    const exchange: Exchange = {
      method,
      path,
      body,
      random,
      socket,
      forward: async (changed = body) => {
        if (!target) throw new Error('Expected the address of S3 but it is not set.');
        const answer = await forward(incoming, changed, target, agent);
        return isListing(exchange) ? modifiedEarlier(answer, advancedMs) : answer;
      },
      send: ({ status, headers, body: sent }) => {
        response.writeHead(status, {
          ...headers,
          ...(method !== 'HEAD' && { 'content-length': sent.length }),
        });
        response.end(method === 'HEAD' ? undefined : sent);
      },
    };
    const fault = random() < rate ? pickFault(exchange) : undefined;
    if (!fault) return exchange.send(await exchange.forward());
    injected.set(fault, (injected.get(fault) ?? 0) + 1);
    return FAULTS[fault].inject(exchange);
  };

  const server = createServer((incoming, response) => {
    // The function's process was killed, or S3 is stopping.
    serve(incoming, response).catch(() => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('Expected a port but the proxy has none.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    forwardTo: (s3Url) => {
      target = new URL(s3Url);
    },
    stopFaults: () => {
      rate = 0;
    },
    advanceClock: (ms) => {
      advancedMs += ms;
    },
    get requests() {
      return requests;
    },
    injected,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function pickFault(exchange: Exchange): FaultName | undefined {
  const fitting = FAULT_NAMES.filter((name) => {
    const { fits }: Fault = FAULTS[name];
    return !fits || fits(exchange);
  });
  return fitting[Math.floor(exchange.random() * fitting.length)];
}

/** Headers of one connection, which do not pass through a proxy. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'expect'];

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
}

async function forward(
  { method, url: path, headers }: IncomingMessage,
  body: Buffer,
  { hostname, port }: URL,
  agent: Agent,
): Promise<Answer> {
  // S3 answers requests for its own name alone.
  const own = { ...withoutConnection(headers), host: `${hostname}:${port}` };
  const outgoing = request({ agent, hostname, port, method, path, headers: own });
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await once(outgoing, 'response');
  if (!answer) throw new Error('Expected an answer of S3 but received none.');
  return {
    status: answer.statusCode ?? 0,
    headers: withoutConnection(answer.headers),
    body: await buffer(answer),
  };
}

/** A fault that S3 answers instead of carrying out the request. */
function refuse(status: number, code: string, message: string): Fault {
  return { inject: ({ send }) => send(xmlError(status, code, message)) };
}

/** A fault that happens before S3 carries out the request, or after it. */
function orAfterwards(answer: Answer): Fault {
  return {
    inject: async ({ forward, send, random }) => {
      if (random() < 0.5) await forward();
      send(answer);
    },
  };
}

function xmlError(status: number, code: string, message: string): Answer {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>FAULT</RequestId></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml) };
}

/** The bytes of an answer that is the last one on its connection (RFC 9112). */
function serialize({ status, headers, body }: Answer): Buffer {
  const length = headers['content-length'] ?? body.length;
  const lines = Object.entries({ ...headers, 'content-length': length, connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n`), body]);
}

/** Changes one to three bytes. */
function flipBytes(body: Buffer, random: () => number): Buffer {
  const changed = Buffer.from(body);
  for (let flips = 1 + Math.floor(random() * 3); flips > 0 && body.length > 0; flips -= 1) {
    const offset = Math.floor(random() * body.length);
    changed[offset] = (changed[offset] ?? 0) ^ (1 + Math.floor(random() * 255));
  }
  return changed;
}

function modifiedEarlier(answer: Answer, byMs: number): Answer {
  if (byMs === 0) return answer;
  const xml = String(answer.body).replaceAll(
    /<LastModified>([^<]*)<\/LastModified>/g,
    (_, time) => `<LastModified>${new Date(Date.parse(time) - byMs).toISOString()}</LastModified>`,
  );
  return { ...answer, body: Buffer.from(xml) };
}

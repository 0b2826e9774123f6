import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { type Edge, errorPage } from './cloudfront/index.ts';
import type { Gate } from './gate.ts';
import { apiAllowsPage } from './http.ts';
import { bucketAllowsPage, type CorsOptions, writeRefusal } from './s3/index.ts';

const HOST = '127.0.0.1';
/** How long a stop waits for S3 requests that are in progress, such as a large upload. */
const STOP_LIMIT_MS = 3000;
/** A slow upload may take hours, and the connections of a function that waits stay open as long as fastify's. */
const S3_CONNECTIONS = { requestTimeout: 0, keepAliveTimeout: 72_000 };

/** Where the runtime listens, as origins of the web. */
export interface Urls {
  readonly api: string;
  readonly s3: string;
  readonly distribution: string;
}

interface Services {
  readonly urls: Urls;
  readonly gate: Gate;
  /** A reload may replace what answers. */
  readonly api: () => FastifyInstance;
  /** On the API's port, by the beginnings of paths. */
  readonly listeners: Readonly<Record<string, RequestListener>>;
  readonly s3: FastifyInstance;
  readonly cors: CorsOptions;
  readonly edge: () => Edge | undefined;
}

export interface Ports {
  /** @throws Error that says how to choose another port, if one is in use. */
  listen(): Promise<void>;
  /** Stops within seconds: waits for S3's requests, and for no others. */
  close(): Promise<void>;
}

/** Puts the services behind the gate, each on its port. */
export function createPorts({ urls, gate, api, listeners, s3, cors, edge }: Services): Ports {
  const listenerOf = (url = '/') => Object.entries(listeners).find(([path]) => url.startsWith(path))?.[1];
  const servers = {
    s3: createServer(
      S3_CONNECTIONS,
      gate.guard({
        port: portOf(urls.s3),
        allowsPage: (request) => bucketAllowsPage(cors, request),
        writeRefusal: ({ status, message }) => ({
          type: 'application/xml',
          body: writeRefusal(status === 403 ? 'AccessDenied' : 'InvalidRequest', message),
        }),
        handle: (request, response) => s3.routing(request, response),
      }),
    ),
    api: createServer(
      gate.guard({
        port: portOf(urls.api),
        allowsPage: (request) => apiAllowsPage(api(), request),
        writeRefusal: ({ message }) => ({
          type: 'application/json',
          body: JSON.stringify({ __type: 'AccessDeniedException', message }),
        }),
        handle: (request, response) => (listenerOf(request.url) ?? api().routing)(request, response),
      }),
    ),
    distribution: createServer(
      gate.guard({
        port: portOf(urls.distribution),
        allowsPage: () => false,
        writeRefusal: ({ status, message }) => ({
          type: 'text/html',
          body: errorPage(status, message, randomUUID()).body,
        }),
        handle: (request, response) => void edge()?.answer(request, response),
      }),
    ),
  };
  return {
    async listen() {
      await listen(servers.s3, urls.s3);
      await listen(servers.api, urls.api);
      if (edge()) await listen(servers.distribution, urls.distribution);
    },
    async close() {
      for (const server of [servers.api, servers.distribution]) {
        server.close();
        server.closeAllConnections();
      }
      const closed = new Promise((done) => servers.s3.close(done));
      await Promise.race([closed, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
    },
  };
}

/** Chooses the ports, before anything listens: the URLs of queues and the outputs of the template contain them. */
export async function chooseUrls(chosen: Readonly<Record<keyof Urls, number>>): Promise<Urls> {
  const urlOf = async (port: number) => `http://${HOST}:${await choosePort(port)}`;
  return {
    api: await urlOf(chosen.api),
    s3: await urlOf(chosen.s3),
    distribution: await urlOf(chosen.distribution),
  };
}

/**
 * Chosen ports are below 32768: from there on, Linux gives ports to outgoing connections, and one of these could take the
 * port before the runtime listens on it.
 */
const FREE_PORTS = { first: 20_000, last: 32_767 } as const;

/** @returns a port that nothing listens on, in place of 0. */
async function choosePort(port: number): Promise<number> {
  if (port !== 0) return port;
  for (;;) {
    const chosen = randomInt(FREE_PORTS.first, FREE_PORTS.last + 1);
    if (await isFree(chosen)) return chosen;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createTcpServer();
  try {
    await once(probe.listen(port, HOST), 'listening');
  } catch {
    return false;
  }
  await new Promise((done) => probe.close(done));
  return true;
}

async function listen(server: Server, url: string): Promise<void> {
  const port = portOf(url);
  try {
    await once(server.listen(port, HOST), 'listening');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    throw new Error(
      `Port ${port} is in use. Choose another with --port, --s3-port or --cloudfront-port; 0 picks a free one.`,
      { cause },
    );
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port || 80);
}

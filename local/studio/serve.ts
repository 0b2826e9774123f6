import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { createGate } from 'aws-on-one-machine';
import { PAGE_FOLDER } from './build-page.ts';
import { createStudio } from './studio-listener.ts';
import type { StudioTarget } from './target.ts';

const HOST = '127.0.0.1';

export interface ServedStudio {
  /** Of the page. */
  readonly url: string;
  stop(): void;
}

/**
 * Serves the page and its server part on this machine alone, behind the gate of the local runtime: with them go the
 * permissions of whoever started it.
 * @param port 0 picks a free one.
 * @throws Error if the port is in use.
 */
export async function serveStudio(target: StudioTarget, port: number): Promise<ServedStudio> {
  let listener: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => listener(request, response));
  try {
    await once(server.listen(port, HOST), 'listening');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    throw new Error(`Port ${port} is in use. Choose another with --port; 0 picks a free one.`, { cause });
  }
  const address = server.address();
  const chosen = typeof address === 'object' && address ? address.port : port;
  const url = `http://${HOST}:${chosen}/`;
  const studio = createStudio(Promise.resolve(target));
  listener = createGate({ pagesUrl: url, allowHosts: [], allowOrigins: [] }).guard({
    port: chosen,
    allowsPage: () => false,
    writeRefusal: ({ message }) => ({
      type: 'application/json',
      body: JSON.stringify({ __type: 'NotAllowed', message }),
    }),
    handle: (request, response) =>
      request.url === '/' ? void sendPage(response) : studio(request, response),
  });
  return {
    url,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function sendPage(response: Parameters<RequestListener>[1]): Promise<void> {
  const page = await readFile(join(PAGE_FOLDER, 'index.html'));
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': "frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    })
    .end(page);
}

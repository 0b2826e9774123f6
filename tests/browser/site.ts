import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { MadeImage } from '../support/made-image.ts';

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface SiteRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  webp: 'image/webp',
  jpg: 'image/jpeg',
  json: 'application/json',
  js: 'text/javascript',
};
const typeOf = (path: string) => TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/html; charset=utf-8';

/** A web site with the client at /client/, an empty page at /, and whatever a test adds. */
export class Site {
  readonly origin: string;
  /** By path, without the query. */
  readonly answers = new Map<string, (request: SiteRequest) => Answer | Promise<Answer>>();
  readonly requests: SiteRequest[] = [];
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<Site> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const site = new Site(server);
    server.on('request', async (request, response) => {
      const { method = '', url: path = '', headers } = request;
      // A page may stop to send.
      const body = await buffer(request).catch(() => undefined);
      if (!body) return;
      const {
        status = 200,
        headers: more,
        body: content,
      } = await site.#answer({ method, path, headers, body });
      const type = typeOf(path.replace(/\?.*/, ''));
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...more }).end(content);
    });
    return site;
  }

  /** Serves the files of an image, as a CDN in front of `output/` does. */
  serve({ files }: MadeImage): void {
    for (const [key, body] of files) this.answers.set(`/${key.slice('output/'.length)}`, () => ({ body }));
  }

  /** Serves a page with this content. @returns its URL. */
  page(
    body: string,
    { head = '', headers = {} }: { head?: string; headers?: Answer['headers'] } = {},
  ): string {
    const start = '<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="data:,">';
    this.answers.set('/page', () => ({ body: `${start}${head}<body>${body}`, headers }));
    return `${this.origin}/page`;
  }

  /** The paths that were asked for and end as given, queries left out. */
  requested(end: string): string[] {
    return this.requests.map(({ path }) => path.replace(/\?.*/, '')).filter((path) => path.endsWith(end));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #answer(request: SiteRequest): Promise<Answer> {
    this.requests.push(request);
    const path = decodeURIComponent(request.path.replace(/\?.*/, ''));
    const answer = this.answers.get(path);
    if (answer) return answer(request);
    if (/^\/client\/[\w/-]+\.js$/.test(path)) return { body: await readFile(`.${path}`) };
    return { status: 404, body: 'Not found' };
  }
}

export function useSite(): () => Site {
  let site: Site | undefined;
  beforeEach(async () => {
    site = await Site.start();
  });
  afterEach(() => site?.stop());
  return () => {
    if (!site) throw new Error('Expected a site but the test has not begun.');
    return site;
  };
}

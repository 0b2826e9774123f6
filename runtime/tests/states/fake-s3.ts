import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The two operations of S3 that a Distributed Map calls: lists of keys in pages of 1,000, and writes. */
export class FakeS3 {
  readonly written = new Map<string, string>();
  readonly callers = new Set<string>();
  keys: string[] = [];
  denied: 'GET' | 'PUT' | undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://s3');
      this.callers.add(/Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '');
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        if (request.method === this.denied) {
          response
            .writeHead(403, { 'content-type': 'application/xml' })
            .end('<Error><Code>AccessDenied</Code><Message>role may not</Message></Error>');
        } else if (request.method === 'PUT') {
          this.written.set(decodeURIComponent(url.pathname), body);
          response.writeHead(200).end();
        } else
          response.writeHead(200, { 'content-type': 'application/xml' }).end(this.#page(url.searchParams));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  reset(): void {
    this.written.clear();
    this.callers.clear();
    this.denied = undefined;
    this.keys = [];
  }

  json(suffix: string): unknown {
    const [, text = 'null'] = [...this.written].find(([path]) => path.endsWith(suffix)) ?? [];
    return JSON.parse(text);
  }

  #page(query: URLSearchParams): string {
    const matching = this.keys.filter((key) => key.startsWith(query.get('prefix') ?? ''));
    const from = Number(query.get('continuation-token') ?? 0);
    const more = from + 1_000 < matching.length;
    const contents = matching
      .slice(from, from + 1_000)
      .map(
        (key) =>
          `<Contents><Key>${key}</Key><ETag>&quot;e-${key}&quot;</ETag><Size>${key.length}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified><StorageClass>STANDARD</StorageClass></Contents>`,
      );
    return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${from + 1_000}</NextContinuationToken>` : ''}${contents.join('')}</ListBucketResult>`;
  }
}

/** Gives the tests of the suite one S3 service, which is empty before each test. */
export function useFakeS3(): { readonly s3: FakeS3; readonly endpoint: () => string } {
  const s3 = new FakeS3();
  let endpoint = '';
  before(async () => {
    endpoint = await s3.listen();
  });
  after(() => s3.close());
  beforeEach(() => s3.reset());
  return { s3, endpoint: () => endpoint };
}

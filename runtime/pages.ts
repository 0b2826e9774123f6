import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import send from '@fastify/send';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Folders of static files, by the path that they are served under: it begins and ends with a slash. Of the folder of
 * `/`, which others share, only index.html is served. */
export type Pages = Readonly<Record<string, string>>;

/** Other names of this machine than 127.0.0.1. CORS rules name one origin, so pages are served under one name. */
const OTHER_NAMES = /^(?:localhost|\[::1\]|[\w-]+\.localhost)(:\d+)$/;

const PAGE_HEADERS = {
  // A browser asks every time, and gets 304 for a file that has not changed.
  'Cache-Control': 'no-cache',
  // Pages may change everything here: in a frame, another site could make somebody press their buttons unseen.
  'Content-Security-Policy': "frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
};

/** A file that a symbolic link inside a folder of pages leads to, outside of the folder. */
class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError';
  readonly statusCode = 404;
}

/**
 * Serves the files of folders to GET and HEAD: no listings, no hidden files, and no files outside, whatever the path or
 * a symbolic link says.
 * @throws Error for a path that is not like `/page/`; fastify's error for a path under which something else is served.
 */
export async function servePages(http: FastifyInstance, pages: Pages): Promise<void> {
  for (const [path, folder] of Object.entries(pages)) {
    if (path === '/') continue;
    if (!/^(\/[\w-]+)+\/$/.test(path))
      throw new Error(`pages: expected a path such as /page/ but received "${path}".`);
    await http.register(async (scope) => {
      scope.get(path.slice(0, -1), async (_request, reply) => reply.redirect(path, 301));
      scope.get(`${path}*`, (request, reply) => sendFile(path, folder, request, reply));
    });
  }
}

export async function sendFile(
  path: string,
  folder: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const root = resolve(folder);
  const [, port = ''] = OTHER_NAMES.exec(request.headers.host ?? '') ?? [];
  if (port) return reply.redirect(`http://127.0.0.1${port}${request.originalUrl}`, 307);
  // Percent-encoded: decoding it is a part of refusing paths that lead out of the folder.
  const [pathname = ''] = request.originalUrl.split('?');
  const { type, statusCode, headers, stream } = await send(request.raw, pathname.slice(path.length - 1), {
    root,
    dotfiles: 'ignore',
    cacheControl: false,
    onFile: (file) => refuseForeignFile(root, file),
  });
  if (type === 'directory') return reply.redirect(`${pathname}/`, 301);
  return reply
    .code(statusCode)
    .headers({ ...headers, ...PAGE_HEADERS })
    .send(stream);
}

/** @throws ForeignFileError */
async function refuseForeignFile(root: string, file: string): Promise<void> {
  const [realRoot, realFile] = await Promise.all([realpath(root), realpath(file)]);
  if (!realFile.startsWith(realRoot + sep)) throw new ForeignFileError(`${file} is outside of ${root}.`);
}

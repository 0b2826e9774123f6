import type { RequestListener } from 'node:http';
import { createPage } from './build-page.ts';
import { createProxy } from './proxy.ts';
import type { StudioTarget } from './target.ts';

/** Answers everything below /studio/: the files of the page, and what the page asks the stack for. */
export function createStudio(target: Promise<StudioTarget>): RequestListener {
  const findFile = createPage();
  const proxy = createProxy(target);
  return (request, response) => {
    const [, name = ''] = /^\/studio\/(main\.[a-z.]+)$/.exec(request.url ?? '') ?? [];
    if (name === '') return proxy(request, response);
    void findFile(name).then(
      (file) =>
        response
          .writeHead(file ? 200 : 404, {
            'content-type': file?.type ?? 'text/plain',
            'cache-control': 'no-cache',
            'cross-origin-resource-policy': 'same-origin',
            'x-content-type-options': 'nosniff',
          })
          .end(file?.body),
      (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error)),
    );
  };
}

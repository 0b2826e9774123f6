import { expect } from 'chai';
import { awaitManifest } from '../../../local/studio/page/uploads/arrival.ts';

describe('The wait for what becomes of an upload in the studio', () => {
  const { fetch } = globalThis;
  afterEach(() => {
    globalThis.fetch = fetch;
  });

  const manifestOf = (etag: string) =>
    Response.json({
      status: 'RESIZED',
      source: { bucket: 'originals', key: 'input/a.jpg', etag },
      renditions: [],
      srcset: {},
    });
  const missing = () => new Response('', { status: 404 });
  const original = (etag: string) => new Response(null, { headers: { ETag: `"${etag}"` } });

  /** Answers GET, which asks for the manifest, and HEAD, which asks for the original. */
  function answer({ get, head }: { get: () => Response; head?: () => Response }): void {
    globalThis.fetch = async (_path, init) => (init?.method === 'HEAD' ? (head ?? missing)() : get());
  }
  const wait = (execution: 'running' | 'ended' | 'unseen') =>
    awaitManifest(
      {
        ...{ originalImagesBucket: 'originals', resizedImagesBucket: 'resized', key: 'input/a.jpg' },
        ...{ etag: 'mine', earlier: undefined, execution: () => execution },
      },
      AbortSignal.timeout(1500),
    );
  const failureOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'none',
      (error: Error) => error.message,
    );

  it('ends when the execution has ended and the original is gone', async () => {
    answer({ get: missing });
    expect(await failureOf(wait('ended'))).to.equal('It was removed again.');
  });

  it('ends when the execution has ended and the original is that of another upload, made or not', async () => {
    for (const get of [missing, () => manifestOf('theirs')]) {
      answer({ get, head: () => original('theirs') });
      expect(await failureOf(wait('ended'))).to.equal('Another upload has replaced it.');
    }
  });

  it('ends when the execution has ended and left no manifest of an original that is there', async () => {
    answer({ get: missing, head: () => original('mine') });
    expect(await failureOf(wait('ended'))).to.match(/^Its execution has ended without a manifest\./);
  });

  it('goes on while the execution runs, or nobody can tell, although another manifest lies there', async () => {
    for (const execution of ['running', 'unseen'] as const) {
      answer({ get: () => manifestOf('theirs'), head: () => original('theirs') });
      expect(await failureOf(wait(execution))).to.match(/timeout/);
    }
  });

  it('goes on when the studio was stopped and runs again', async () => {
    let calls = 0;
    answer({
      get: () => {
        calls += 1;
        if (calls < 3) throw new TypeError('Failed to fetch');
        return manifestOf('mine');
      },
    });
    expect((await wait('running')).source.etag).to.equal('mine');
  });
});

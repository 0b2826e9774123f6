import { expect } from 'chai';
import { listObjects, readManifest } from '../../../local/studio/page/calls/s3.ts';
import { listExecutions } from '../../../local/studio/page/calls/states.ts';

describe('An answer whose connection ends in its middle', () => {
  const { fetch } = globalThis;
  beforeEach(() => {
    const body = () => new ReadableStream({ pull: (stream) => stream.error(new TypeError('network error')) });
    globalThis.fetch = async () => new Response(body());
  });
  afterEach(() => {
    globalThis.fetch = fetch;
  });

  for (const [what, ask] of [
    ['executions', (signal: AbortSignal) => listExecutions('arn', { signal })],
    ['objects', (signal: AbortSignal) => listObjects('bucket', 'input/', { signal })],
    ['a manifest', (signal: AbortSignal) => readManifest('bucket', 'input/a.jpg', signal)],
  ] as const) {
    const errorOf = (signal: AbortSignal): Promise<unknown> => ask(signal).catch((error: unknown) => error);

    it(`is none, for ${what}, so that it is asked for again`, async () => {
      expect(await errorOf(new AbortController().signal)).to.have.property('name', 'StackUnreachableError');
    });

    it(`is not told of, for ${what}, when nobody wants it any more`, async () => {
      expect(await errorOf(AbortSignal.abort(new Error('left')))).to.have.property('message', 'left');
    });
  }
});

/** The process of one execution environment: loads the handler once, then answers one event after the other. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

interface Invocation {
  readonly requestId: string;
  readonly payload: unknown;
}

type Handler = (event: unknown, context: { awsRequestId: string }) => Promise<unknown>;

// Loaded inside the first invocation, so that a failing init is reported to a caller, as Lambda does.
let handler: Handler | undefined;

process.on('message', async ({ requestId, payload }: Invocation) => {
  try {
    handler ??= loadHandler();
    const answer = await handler(payload, { awsRequestId: requestId });
    process.send?.({ answer: JSON.stringify(answer ?? null) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    process.send?.({ errorType: name, errorMessage: message });
  }
});

// The runtime's own end must not leave processes behind, however it came.
process.on('disconnect', () => process.exit(0));

function loadHandler(): Handler {
  const root = process.env.LAMBDA_TASK_ROOT ?? '';
  const path = process.env._HANDLER ?? '';
  const dot = path.lastIndexOf('.');
  const module: unknown = createRequire(join(root, 'index.js'))(`./${path.slice(0, dot)}.js`);
  const exported = typeof module === 'object' && module !== null ? Object.entries(module) : [];
  const found = exported.find(([name]) => name === path.slice(dot + 1))?.[1];
  if (typeof found !== 'function')
    throw Object.assign(new Error(`${path} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  return found as Handler;
}

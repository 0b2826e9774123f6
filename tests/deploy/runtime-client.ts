/**
 * A client of Lambda's Runtime API, for the emulator: loads the handler that its last argument names, then answers one
 * invocation after the other. AWS's own client for Node needs a compiler to be installed.
 * After "Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

type Handler = (event: unknown, context: object) => unknown;

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT = '', AWS_LAMBDA_FUNCTION_NAME } = process.env;
const INVOCATION = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

const handler = loadHandler(process.argv.at(-1) ?? '');
for (;;) await answer(await fetch(`${INVOCATION}/next`));

async function answer(invocation: Response): Promise<void> {
  const requestId = invocation.headers.get('lambda-runtime-aws-request-id') ?? '';
  const deadlineMs = Number(invocation.headers.get('lambda-runtime-deadline-ms'));
  const context = {
    awsRequestId: requestId,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  try {
    await post(`${requestId}/response`, await handler(await invocation.json(), context));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name, message, stack = '' } = error;
    await post(`${requestId}/error`, { errorType: name, errorMessage: message, trace: stack.split('\n') });
  }
}

async function post(path: string, body: unknown): Promise<void> {
  const { ok, status } = await fetch(`${INVOCATION}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!ok) throw new Error(`The Runtime API answered ${status} to ${path}.`);
}

function loadHandler(path: string): Handler {
  const [file = '', name = ''] = path.split('.');
  const exported: Record<string, Handler> = createRequire(join(LAMBDA_TASK_ROOT, 'index.js'))(`./${file}.js`);
  const found = exported[name];
  if (!found) throw new Error(`Expected a handler ${path} in ${LAMBDA_TASK_ROOT} but there is none.`);
  return found;
}

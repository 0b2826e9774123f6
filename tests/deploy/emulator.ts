import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../support/pipeline.ts';

const CLIENT = new URL('runtime-client.ts', import.meta.url).pathname;
const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64' };

/** A built function in one execution environment: Lambda's Runtime Interface Emulator, which the SAM CLI contains. */
export class Emulator {
  /** Every line that the function wrote to standard output; the emulator writes its own lines to standard error. */
  readonly written: string[] = [];
  readonly #url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, process: ChildProcess, folder: string) {
    this.#url = url;
    this.#process = process;
    this.#folder = folder;
    if (process.stdout) createInterface(process.stdout).on('line', (line) => this.written.push(line));
  }

  /** @param artifacts the output of `sam build`, in a folder that is not below our package.json */
  static async start(
    python: string,
    artifacts: string,
    environment: Record<string, string>,
    functionName = 'ImageResizeFunction',
  ): Promise<Emulator> {
    const folder = mkdtempSync(join(tmpdir(), 'image-pipeline-emulator-'));
    const emulator = join(folder, 'aws-lambda-rie');
    const pattern = `lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-${ARCHITECTURES[process.arch]}`;
    const [shipped] = globSync(resolve(python, '../..', pattern));
    if (!shipped) throw new Error(`Expected the SAM CLI's ${pattern} beside ${python} but there is none.`);
    copyFileSync(shipped, emulator);
    // The wheel contains the file without execute permission.
    chmodSync(emulator, 0o755);
    const [port, runtimePort] = [await findFreePort(), await findFreePort()];
    const addresses = [
      ['--runtime-interface-emulator-address', `127.0.0.1:${port}`],
      ['--runtime-api-address', `127.0.0.1:${runtimePort}`],
    ].flat();
    const bootstrap = [process.execPath, '--disable-warning=ExperimentalWarning', CLIENT, 'handler.handler'];
    const child = spawn(emulator, [...addresses, '--log-level', 'error', ...bootstrap], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        LAMBDA_TASK_ROOT: join(artifacts, functionName),
        // Lambda joins the layers in /opt.
        NODE_PATH: ['SharpLayer', 'HeicLayer']
          .map((layer) => join(artifacts, layer, 'nodejs/node_modules'))
          .join(delimiter),
        AWS_LAMBDA_FUNCTION_NAME: functionName,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
        AWS_LAMBDA_FUNCTION_TIMEOUT: '60',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'anybody',
        AWS_SECRET_ACCESS_KEY: 'anything',
        ...environment,
      },
    });
    const url = `http://127.0.0.1:${port}`;
    const listens = () =>
      fetch(url).then(
        () => true,
        () => undefined,
      );
    await until(listens, 'the emulator');
    return new Emulator(url, child, folder);
  }

  /** Returns the response of Lambda's Invoke: the handler's result, or the error with errorType and errorMessage. */
  async invoke(event: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.#url}/2015-03-31/functions/function/invocations`, {
      method: 'POST',
      body: JSON.stringify(event),
    });
    const text = await answer.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Error(`Expected JSON of the emulator but received: ${text}`, { cause });
    }
  }

  async stop(): Promise<void> {
    const exited = new Promise((done) => this.#process.once('exit', done));
    this.#process.kill('SIGKILL');
    await exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

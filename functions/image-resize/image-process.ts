import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  CorruptImageError,
  type ImageFault,
  ImageTooLargeError,
  RenderFailedError,
  UnsupportedImageError,
} from './image/errors.ts';
import type { Limits } from './image/limits.ts';
import type { Deliver, MadeImage, RenderSettings } from './image/make-renditions.ts';
import type { MakeRequest, WorkerReport } from './image-worker.ts';

/** The worker cannot start: no image is to blame. */
export class ImageProcessError extends Error {
  override readonly name = 'ImageProcessError';
}

/** A decoder can allocate a gigabyte a second: at this interval it exceeds its limit by 20 MB. */
const LOOK_EVERY_MS = 20;

/**
 * Makes renditions in a process of its own, which is started once, kept, and replaced when it ends. An image that takes
 * more memory or time than its limits is killed with that process: libvips checks neither reliably.
 */
export class ImageProcess {
  readonly #file: string;
  #worker: Worker;

  /** @param file the bundled image-worker.ts. */
  constructor(file: string) {
    this.#file = file;
    this.#worker = new Worker(file);
  }

  /**
   * Makes the renditions of one image; one call at a time.
   * @throws UnsupportedImageError, CorruptImageError, ImageTooLargeError, RenderFailedError; ImageProcessError; what `deliver` throws.
   */
  async make(source: Buffer, settings: RenderSettings, deliver: Deliver): Promise<MadeImage> {
    try {
      return await this.#makeOnce(source, settings, deliver);
    } catch (error) {
      if (!(error instanceof WorkerEndedError)) throw error;
      return this.#makeOnce(source, settings, deliver).catch(blameImage);
    }
  }

  #makeOnce(source: Buffer, settings: RenderSettings, deliver: Deliver): Promise<MadeImage> {
    if (!this.#worker.isUsable) this.#worker = new Worker(this.#file);
    const { rows, limits, acceptsHeic = false, focalPoint } = settings;
    const request = { source, rows, limits, acceptsHeic, ...(focalPoint && { focalPoint }) };
    return this.#worker.make(request, deliver);
  }
}

/** A worker that ends twice on the same image, the second time in a new process, ends because of the image. */
function blameImage(cause: unknown): never {
  if (!(cause instanceof WorkerEndedError)) throw cause;
  throw new CorruptImageError(`The image ends the process that decodes it (${cause.how}).`, { cause });
}

/** The worker ended by itself while it worked on an image. */
class WorkerEndedError extends Error {
  readonly how: string;
  constructor(how: string) {
    super(`The image process ended: ${how}`);
    this.how = how;
  }
}

class Worker {
  readonly #process: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  #isUsable = true;
  #take: (report: WorkerReport) => void = () => {};
  #fail: (error: Error) => void = () => {};

  constructor(file: string) {
    this.#process = fork(file, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#ready.promise.catch(() => {});
    this.#process.on('message', (report: WorkerReport) => {
      if (report.kind === 'ready') this.#ready.resolve();
      else this.#take(report);
    });
    this.#process.on('exit', (code, signal) => this.#end(signal ?? `exit code ${code}`));
    this.#process.on('error', (error) => this.#end(error.message));
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  async make(request: MakeRequest, deliver: Deliver): Promise<MadeImage> {
    await this.#ready.promise;
    const { promise, resolve, reject } = Promise.withResolvers<MadeImage>();
    const deliveries: Promise<void>[] = [];
    let isBusy = true;
    this.#take = (report) => {
      if (report.kind !== 'rendition') isBusy = false;
      if (report.kind === 'rendition') {
        const delivery = deliver(report.rendition);
        delivery.catch(reject);
        deliveries.push(delivery);
      } else if (report.kind === 'made') resolve(report.made);
      else if (report.kind === 'fault') reject(faultOf(report));
      else if (report.kind === 'failure')
        reject(new RenderFailedError(`The image cannot be rendered: ${report.name}: ${report.message}`));
    };
    this.#fail = reject;
    const stopWatching = this.#watch(request.limits);
    this.#process.send(request, (error) => error && this.#end(error.message));
    try {
      const made = await promise;
      stopWatching();
      await Promise.all(deliveries);
      return made;
    } finally {
      stopWatching();
      // A delivery has failed, and the worker goes on with an image that nobody waits for.
      if (isBusy) this.#stop();
      // Nothing is written behind the caller's back.
      await Promise.allSettled(deliveries);
    }
  }

  #watch({ maxImageSeconds, maxImageMebibytes }: Limits): () => void {
    const { pid } = this.#process;
    const memory = setInterval(() => {
      const mebibytes = pid === undefined ? 0 : readResidentMebibytes(pid);
      if (mebibytes > maxImageMebibytes)
        this.#kill(`within ${maxImageMebibytes} MiB of memory but it reached ${Math.ceil(mebibytes)} MiB`);
    }, LOOK_EVERY_MS);
    const time = setTimeout(
      () => this.#kill(`within ${maxImageSeconds} seconds but it takes longer`),
      maxImageSeconds * 1000,
    );
    return () => {
      clearInterval(memory);
      clearTimeout(time);
    };
  }

  #stop(): void {
    this.#isUsable = false;
    this.#process.kill('SIGKILL');
  }

  #kill(limit: string): void {
    this.#stop();
    this.#fail(
      new ImageTooLargeError(
        `Expected an image that can be decoded and encoded ${limit}. Upload it smaller or simpler.`,
      ),
    );
  }

  #end(how: string): void {
    this.#isUsable = false;
    this.#ready.reject(new ImageProcessError(`The image process could not start: ${how}`));
    this.#fail(new WorkerEndedError(how));
  }
}

function faultOf({ name, message }: { readonly name: string; readonly message: string }): ImageFault {
  switch (name) {
    case 'UnsupportedImageError':
      return new UnsupportedImageError(message);
    case 'ImageTooLargeError':
      return new ImageTooLargeError(message);
    default:
      return new CorruptImageError(message);
  }
}

/** 0 where the process is gone, or where there is no /proc. */
function readResidentMebibytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return 0;
  }
}

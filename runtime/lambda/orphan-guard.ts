// A thread of its own, because the function's may be busy: where the runtime is gone, however it went, so is this process.

import { workerData } from 'node:worker_threads';

const INTERVAL_MS = 250;

setInterval(() => {
  try {
    // Signal 0 only asks whether there is such a process.
    process.kill(Number(workerData), 0);
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}, INTERVAL_MS);

// Kills this process once the runtime is gone, however it ended. A thread of its own, because the function may be
// blocking the main thread.

import { workerData } from 'node:worker_threads';

const INTERVAL_MS = 250;

setInterval(() => {
  try {
    // Signal 0 only checks that the process exists.
    process.kill(Number(workerData), 0);
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}, INTERVAL_MS);

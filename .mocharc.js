import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Node strips the types of each file once, and not again in each process that a test starts: a sixth of all CPU time.
if (!process.env.NODE_COMPILE_CACHE) {
  const cache = mkdtempSync(join(tmpdir(), 'node-compile-cache-'));
  process.env.NODE_COMPILE_CACHE = cache;
  process.on('exit', () => rmSync(cache, { recursive: true, force: true }));
}

// npm test -- --stack NAME: the pipeline's tests against a stack on AWS. One file at a time, since all share its buckets.
const at = process.argv.indexOf('--stack');
const stack = at > 0 ? process.argv[at + 1] : undefined;
if (stack) process.env.STACK = stack;

// npm run test:faults: the numbers of the full proof, which takes ten minutes at most on two cores. npm test alone leaves it
// out, as it does the tests of runtime/: npm test -w runtime. .ci/run sets FAULTS for a slice of it.
const isFullProof = process.argv.includes('--faults');
if (isFullProof) {
  process.env.UPLOADS ??= '10000';
  process.env.IMAGES ??= '3000';
  process.env.MUTATIONS ??= '20000';
  process.env.MAX_IMAGE_SECONDS ??= '15';
}

// npm run test:states -- --aws: the table of single states on AWS.
const isOnAws = process.argv.includes('--aws');
if (isOnAws) process.env.STATES_ON_AWS = 'true';

// Mocha would add these to the files of its command line.
const hasFiles = process.argv.slice(2).some((word) => word.endsWith('.test.ts'));
const all = stack
  ? readdirSync('tests/pipeline')
      .filter((file) => file.endsWith('.test.ts') && !file.startsWith('runtime-'))
      .map((file) => `tests/pipeline/${file}`)
  : isFullProof
    ? // The longest one first: all others pass meanwhile.
      ['tests/faults/uploads.test.ts', 'tests/faults/!(uploads).test.ts']
    : process.env.FAULTS
      ? ['tests/**/*.test.ts']
      : ['tests/!(faults)/**/*.test.ts'];

export default {
  spec: hasFiles ? [] : all,
  'node-option': ['disable-warning=ExperimentalWarning'],
  // For the slowest machine, or stack: what hangs is found out as well a minute later.
  timeout: 120_000,
  parallel: !stack && !isOnAws,
  jobs: 3,
};

import { readdirSync } from 'node:fs';

// npm test -- --stack NAME: the pipeline's tests against a stack on AWS. One file at a time, since all share its buckets.
const at = process.argv.indexOf('--stack');
const stack = at > 0 ? process.argv[at + 1] : undefined;
if (stack) process.env.STACK = stack;

// Mocha would add these to the files of its command line.
const hasFiles = process.argv.slice(2).some((word) => word.endsWith('.test.ts'));
const all = stack
  ? readdirSync('tests/pipeline')
      .filter((file) => file.endsWith('.test.ts') && !file.startsWith('runtime-'))
      .map((file) => `tests/pipeline/${file}`)
  : ['{tests,runtime/tests}/**/*.test.ts'];

export default {
  spec: hasFiles ? [] : all,
  'node-option': ['disable-warning=ExperimentalWarning'],
  // For the slowest machine, or stack: what hangs is found out as well a minute later.
  timeout: 120_000,
  parallel: !stack,
  jobs: 2,
};

/** `npm run build`: writes the functions' bundles to .local/functions as `sam build` would, and prints their sizes. */
import { relative } from 'node:path';
import { bundleFunctions, readTemplate } from 'aws-on-one-machine';

const template = readTemplate({
  file: 'template.yaml',
  parameterOverrides: {},
  // sam build looks at no condition and builds every function.
  parameterDefaults: { BrowserUploads: 'true' },
  queueUrl: (logicalId) => logicalId,
});
for (const { lambda, sizes, write } of await bundleFunctions(template, '.local')) {
  write();
  for (const [file, bytes] of sizes)
    console.log(`${lambda.logicalId}: ${relative('', file)}, ${Math.round(bytes / 1000)} kB`);
}

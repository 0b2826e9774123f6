/** `npm run build`: writes the function's bundle to .local/functions as `sam build` would, and prints its size. */
import { relative } from 'node:path';
import { bundleDirectory, bundleFunction, functionsOf, readTemplate } from 'aws-on-one-machine';

const template = readTemplate({
  file: 'template.yaml',
  parameterOverrides: {},
  queueUrl: (logicalId) => logicalId,
});
for (const lambda of functionsOf(template)) {
  const directory = bundleDirectory('.local', lambda);
  const { sizes, write } = await bundleFunction(template, lambda, directory);
  write();
  for (const [file, bytes] of sizes)
    console.log(`${lambda.logicalId}: ${relative('', file)}, ${Math.round(bytes / 1000)} kB`);
}

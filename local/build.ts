/** `npm run build`: the function's bundle as `sam build` makes it, into .local/functions, with its size. */
import { relative } from 'node:path';
import { bundleDirectory, bundleFunction } from '../runtime/lambda/bundle.ts';
import { functionsOf, readTemplate } from '../runtime/template/template.ts';

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

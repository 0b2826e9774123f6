/** `npm run build`: the function's bundle as `sam build` makes it, into .local/functions, with its size. */
import { bundleDirectory, bundleFunction } from './bundle.ts';
import { functionsOf, readTemplate } from './template.ts';

const template = readTemplate({
  file: 'template.yaml',
  parameterOverrides: {},
  queueUrl: (logicalId) => logicalId,
});
for (const lambda of functionsOf(template)) {
  const directory = bundleDirectory('.local', lambda);
  const { metafile } = await bundleFunction(template, lambda, directory);
  for (const [file, { bytes }] of Object.entries(metafile?.outputs ?? {}))
    console.log(`${lambda.logicalId}: ${file}, ${Math.round(bytes / 1000)} kB`);
}

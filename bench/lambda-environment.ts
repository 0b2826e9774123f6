import { functionsOf, readTemplate } from 'aws-on-one-machine';

/** The variables that the template gives ImageResizeFunction, with every default. */
export function readLambdaEnvironment(): Readonly<Record<string, string>> {
  const template = readTemplate({
    file: 'template.yaml',
    parameterOverrides: {},
    queueUrl: (logicalId) => logicalId,
  });
  return functionsOf(template)[0]?.environment ?? {};
}

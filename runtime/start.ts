/** `npm start`: runs a template on this machine until a signal stops it. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RUNTIME_FLAGS, type Runtime, readRuntimeFlags, reportLeftOut, startRuntime } from './index.ts';

const USAGE = `npm start -- [--template template.yaml] [--port 3000] [--s3-port 4566] [--cloudfront-port 8080]
             [--data .local] [--api-key KEY] [--parameter-overrides NAME=VALUE ...]
             [--allow-host NAME] [--allow-origin ORIGIN]

--allow-host also answers requests for this name, with or without a port, as well as those for 127.0.0.1 and localhost.
--allow-origin lets web pages of this origin, such as http://localhost:5173, call everything. Both may be repeated.`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...RUNTIME_FLAGS,
      template: { type: 'string', default: 'template.yaml' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(USAGE);
  else await run(values.template, readRuntimeFlags(values, positionals));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

async function run(templateFile: string, flags: ReturnType<typeof readRuntimeFlags>): Promise<void> {
  const layerDirectory = resolve('node_modules');
  const runtime = await startRuntime({ ...flags, templateFile, layerDirectory, warn: console.error });
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void runtime.stop().then(() => process.exit(0)));
  // Last: who reads the addresses may send a signal at once.
  console.log(introduce(runtime));
}

function introduce(runtime: Runtime): string {
  const { apiUrl, s3Url, statesUrl, distributions, outputs } = runtime;
  return [
    ...(apiUrl === undefined ? [] : [`API             ${apiUrl}`]),
    `S3              ${s3Url}`,
    `Step Functions  ${statesUrl}`,
    ...distributions.map(({ url }) => `CloudFront      ${url}`),
    ...Object.entries(outputs).map(([name, value]) => `${name}: ${value}`),
    ...reportLeftOut(runtime),
  ].join('\n');
}

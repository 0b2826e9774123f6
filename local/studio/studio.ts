/** `npm run studio -- --stack NAME`: the studio for a deployed stack, with the caller's own credentials. */
import { parseArgs } from 'node:util';
import { describeDeployedStack } from './deployed-stack.ts';
import { serveStudio } from './serve.ts';

const USAGE = `npm run studio -- --stack NAME [--port N] [--region REGION] [--profile PROFILE]

Shows a deployed stack in a web page on this machine, with your credentials: they stay in
this command, and nothing is stored. npm start has the same page for the local stack.

  --stack NAME       the stack; nothing else is needed
  --port N           of the page (3100); 0 picks a free port
  --region REGION    of the stack; otherwise that of the environment or the profile
  --profile PROFILE  of ~/.aws/config
  -h, --help         print this`;

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: 'string' },
      port: { type: 'string', default: '3100' },
      region: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (!values.stack) throw new Error(`--stack: expected the name of a stack.\n\n${USAGE}`);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port: expected a port from 0 to 65535 but received "${values.port}".`);
  if (values.profile !== undefined) process.env.AWS_PROFILE = values.profile;
  const target = await describeDeployedStack(values.stack, values.region ?? process.env.AWS_DEFAULT_REGION);
  const { url, stop } = await serveStudio(target, port);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stop();
      process.exit(0);
    });
  console.log(`Open ${url} to see ${target.facts.name} in ${target.facts.region}. Ctrl-C ends it.`);
}

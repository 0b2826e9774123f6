/** `npm run smoke -- --stack NAME`: tries a deployed stack in less than a minute, and leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { authorizeBy } from './authorize.ts';
import { explainAwsError } from './aws-error.ts';
import { findStack, outputOf, settingsOf } from './deployed-stack.ts';
import { smoke } from './smoke/smoke.ts';

const USAGE = `npm run smoke -- --stack NAME [--region REGION] [--profile PROFILE]

Uploads an image and a text, POSTs the image once more, deletes both, and says what each
took and cost. Everything that it wrote is gone at the end. Exits with 1 if a step failed.`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(explainAwsError(error));
  process.exitCode = 1;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: 'string' },
      region: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.stack === undefined) throw new Error(`--stack: expected the name of a stack.\n\n${USAGE}`);
  const settings = settingsOf(values);
  const cloudFormation = new CloudFormationClient(settings);
  const stack = await findStack(values.stack, cloudFormation);
  const target = {
    apiUrl: outputOf(stack, 'ProcessImageUrl'),
    originals: outputOf(stack, 'OriginalImagesBucketName'),
    resized: outputOf(stack, 'ResizedImagesBucketName'),
    s3: new S3Client(settings),
    authorize: authorizeBy(stack.parameters.ApiAuth, stack.name, cloudFormation),
  };
  const { lines, isWell } = await smoke(stack, target, randomUUID().slice(0, 8), stopOnSignal());
  console.log([`${stack.name} in ${await cloudFormation.config.region()}`, '', ...lines].join('\n'));
  return isWell ? 0 : 1;
}

/** Ctrl-C ends the steps, so that everything is deleted before the process ends. A second one ends it at once. */
function stopOnSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      console.error('Stopping: deleting what was written.');
      stopping.abort();
    });
  return stopping.signal;
}

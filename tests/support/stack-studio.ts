import { once } from 'node:events';
import { type PipelineUnderTest, startPipeline } from './pipeline.ts';
import { spawnScript } from './run-script.ts';
import { checkSignatures, type SignatureCheck } from './signature-check.ts';
import { serveStack } from './stubbed-cloudformation.ts';

/** `npm run studio -- --stack local`, for a local pipeline that takes the place of AWS and checks signatures as AWS does. */
export interface StackStudio {
  readonly pipeline: PipelineUnderTest;
  /** Of the page. */
  readonly url: string;
  readonly s3: SignatureCheck;
  /** Step Functions, SQS, CloudWatch Logs, and the API where it takes signed requests. */
  readonly others: SignatureCheck;
  /** With which other commands find the stack. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startStackStudio(ApiAuth: 'AWS_IAM' | 'API_KEY'): Promise<StackStudio> {
  const pipeline = await startPipeline({ words: ['--parameter-overrides', `ApiAuth=${ApiAuth}`] });
  const s3 = await checkSignatures(pipeline.addresses.s3, 'anything');
  const others = await checkSignatures(pipeline.addresses.states, 'anything');
  const cloudFormation = await serveStack(
    pipeline,
    { ApiAuth, AcceptHeic: 'true' },
    ApiAuth === 'AWS_IAM' ? { ProcessImageUrl: `${others.url}/prod/process-image` } : {},
  );
  const environment = {
    ...cloudFormation.environment,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ENDPOINT_URL_SFN: others.url,
    AWS_ENDPOINT_URL_SQS: others.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: others.url,
  };
  const child = spawnScript('studio', ['--stack', 'local', '--port', '0'], environment);
  const [line] = await once(child.stdout, 'data');
  const [, url = String(line)] =
    /^Open (\S+) to see local in us-east-1\. Ctrl-C ends it\.\n$/.exec(String(line)) ?? [];
  const stop = async () => {
    child.kill('SIGTERM');
    cloudFormation.stop();
    s3.stop();
    others.stop();
    await pipeline.stop();
  };
  return { pipeline, url, s3, others, environment, stop };
}

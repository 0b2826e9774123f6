/**
 * npm run cost: writes docs/cost-abuse.md, what somebody who wants to do harm can cost at most. Reads the bounds in
 * template.yaml, in the state machines and in the limits of an image; the prices are those of cost.ts.
 */
import { writeFileSync } from 'node:fs';
import { functionsOf, readTemplate, stateMachinesOf } from 'aws-on-one-machine';
import { DEFAULT_LIMITS } from '../functions/image-resize/image/limits.ts';
import { MAX_ROUNDS } from '../functions/image-resize/resize-image.ts';
import { ASSUMED, computeCosts, EXPRESS_GB, S3_REQUESTS, sampleLine } from './cost.ts';
import { linkDollars } from './cost-web-pages.ts';
import { PRICES } from './prices.ts';

/** Concurrent invocations of a new account, and of other accounts unless they asked for more. */
const ACCOUNTS = [10, 1000] as const;
/** Step Functions stops an EXPRESS execution after five minutes. */
const EXPRESS_SECONDS = 300;
const DAY_SECONDS = 24 * 3600;
/** How often a bulk run tries an image that fails: in its batch, alone, and in one retry. */
const BULK_ATTEMPTS = 3;
/** Invocations of one batch at the same time, while its images are processed alone. */
const INVOCATIONS_OF_A_BATCH = 2;

interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
}

interface State {
  readonly Next?: string;
  readonly Retry?: readonly Retrier[];
}

interface Machine {
  readonly States: Readonly<Record<string, State>>;
}

interface Bounds {
  readonly lambdaSecond: number;
  /** What UploadLinkFunction costs for one link. */
  readonly link: number;
  readonly timeoutSeconds: number;
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly requestsPerDay: number;
  readonly alarmInvocations: number;
  readonly batchesAtOnce: number;
  readonly imagesPerBatch: number;
  readonly retentionDays: number;
  readonly upload: Machine;
  readonly image: Machine;
}

/** What one thing that somebody does takes. */
interface Deed {
  readonly apiRequests?: number;
  /** Links for uploads that the function UploadLinkFunction makes. */
  readonly links?: number;
  readonly events?: number;
  readonly executions?: number;
  readonly expressSeconds?: number;
  readonly transitions?: number;
  readonly invocations?: number;
  readonly lambdaSeconds?: number;
  readonly writes?: number;
  readonly reads?: number;
  /** Objects that somebody uploads. */
  readonly uploads?: number;
  readonly messages?: number;
  /** Failures that a state machine logs. */
  readonly failures?: number;
}

export function readBounds(parameterOverrides: Readonly<Record<string, string>> = {}): Bounds {
  const queueUrl = (name: string) => `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;
  const template = readTemplate({ file: 'template.yaml', parameterOverrides, queueUrl });
  const [lambda] = functionsOf(template);
  const parameter = (name: string) => Number(template.parameters[name]);
  const definition = (id: string): Machine =>
    JSON.parse(stateMachinesOf(template).find(({ name }) => name === id)?.text ?? '{}');
  const architecture = template.parameters.Architecture === 'x86_64' ? 'x86_64' : 'arm64';
  return {
    lambdaSecond: ((lambda?.memorySizeMb ?? 0) / 1024) * PRICES.lambdaGbSecond[architecture],
    link: linkDollars(),
    timeoutSeconds: lambda?.timeoutSeconds ?? 0,
    requestsPerSecond: parameter('ApiRequestsPerSecond'),
    burst: parameter('ApiBurst'),
    requestsPerDay: parameter('ApiRequestsPerDay'),
    alarmInvocations: parameter('AlarmInvocationsPerHour'),
    batchesAtOnce: parameter('MaxConcurrency'),
    imagesPerBatch: parameter('ImagesPerBatch'),
    retentionDays:
      Number(template.resources.get('UnprocessedUploadsQueue')?.properties.MessageRetentionPeriod) /
      DAY_SECONDS,
    upload: definition('ResizeUploadStateMachine'),
    image: definition('ResizeImageStateMachine'),
  };
}

/** The retrier of invocations that Lambda throttles, and that of attempts that fail. */
function retriersOf({ States }: Machine): { throttled: Retrier; failed: Retrier } {
  const find = (error: string): Retrier => {
    const retrier = States.ResizeImage?.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(error));
    if (!retrier) throw new Error(`Expected a retrier of ${error} for ResizeImage but found none.`);
    return retrier;
  };
  return { throttled: find('Lambda.TooManyRequestsException'), failed: find('Sandbox.Timedout') };
}

/** The longest waits of a retrier. FULL jitter makes them shorter. */
function waits({
  IntervalSeconds,
  MaxAttempts,
  BackoffRate = 2,
  MaxDelaySeconds = Infinity,
}: Retrier): number {
  return Array.from({ length: MaxAttempts }, (_, attempt) =>
    Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds),
  ).reduce((sum, wait) => sum + wait, 0);
}

/** The transitions of a request for one image in which nothing fails: the start and five states. */
function transitionsOf({ States }: Machine): number {
  let count = 2;
  for (let name: string | undefined = 'NameExecution'; name; name = States[name]?.Next) count += 1;
  // A Choice has no Next. It leads to one more state.
  return count + 1;
}

function computeDeeds({ timeoutSeconds, imagesPerBatch, upload, image }: Bounds) {
  const slowest = DEFAULT_LIMITS.maxImageSeconds + S3_REQUESTS.inTurn * ASSUMED.s3RoundTripSeconds;
  const uploads = retriersOf(upload);
  const requests = retriersOf(image);
  const transitions = transitionsOf(image);
  const retries = requests.throttled.MaxAttempts + requests.failed.MaxAttempts;
  const messages = 1 + (upload.States.LeaveUploadOnQueue?.Retry?.[0]?.MaxAttempts ?? 0);
  const event = { events: 1, executions: 1, uploads: 1 };
  const small = { invocations: 1, lambdaSeconds: slowest - DEFAULT_LIMITS.maxImageSeconds, ...requestsOf(1) };
  const slow = { invocations: 1, lambdaSeconds: slowest, ...requestsOf(1), failures: 2 };
  /** Every attempt takes all of the function's time and all rounds, and so does recording the failure. */
  const failing = (attempts: number, throttled: number): Deed => ({
    invocations: attempts + 1,
    lambdaSeconds: (attempts + 1) * timeoutSeconds,
    ...requestsOf((attempts + 1) * MAX_ROUNDS),
    failures: attempts + throttled + 2,
  });
  const batch = {
    executions: 1 / imagesPerBatch,
    expressSeconds: EXPRESS_SECONDS / imagesPerBatch,
    transitions: 1 / imagesPerBatch,
  };
  return {
    slowest,
    waitSeconds: waits(uploads.throttled),
    transitions,
    mostTransitions: transitions + 1 + retries,
    slowUpload: { ...event, ...slow, expressSeconds: slowest + ASSUMED.overheadSeconds },
    waitingUpload: {
      ...event,
      expressSeconds: waits(uploads.throttled),
      messages,
      failures: uploads.throttled.MaxAttempts + 2,
    },
    failingUpload: {
      ...event,
      ...failing(1 + uploads.failed.MaxAttempts, uploads.throttled.MaxAttempts),
      expressSeconds: EXPRESS_SECONDS,
      messages,
    },
    get: { apiRequests: 1 },
    uploadRequest: {
      ...event,
      ...slow,
      expressSeconds: slowest + ASSUMED.overheadSeconds,
      apiRequests: 1,
      links: 1,
    },
    smallRequest: { ...small, apiRequests: 1, transitions },
    slowRequest: { ...slow, apiRequests: 1, transitions },
    failingRequest: {
      ...failing(1 + requests.failed.MaxAttempts, requests.throttled.MaxAttempts),
      apiRequests: 1,
      transitions: transitions + 1 + retries,
    },
    slowInBulk: { ...batch, ...slow },
    failingInBulk: {
      ...batch,
      ...failing(BULK_ATTEMPTS, requests.throttled.MaxAttempts),
      // The execution ends after its five minutes, the invocations that it has begun go on.
      lambdaSeconds: (INVOCATIONS_OF_A_BATCH * (EXPRESS_SECONDS + timeoutSeconds)) / imagesPerBatch,
      messages,
    },
  } satisfies Record<string, number | Deed>;
}

/** S3 requests of the function; a listing costs what a PUT costs. */
function requestsOf(rounds: number): Deed {
  return { writes: rounds * (S3_REQUESTS.writes + 1), reads: rounds * S3_REQUESTS.reads };
}

/** Dollars of a deed outside the function. */
function outside(
  {
    apiRequests = 0,
    links = 0,
    events = 0,
    executions = 0,
    expressSeconds = 0,
    transitions = 0,
    uploads = 0,
    messages = 0,
    failures = 0,
  }: Deed,
  { link }: Bounds,
): number {
  return (
    apiRequests * PRICES.apiRequest +
    links * link +
    events * PRICES.eventBridgeEvent +
    executions * PRICES.expressRequest +
    (Math.ceil(expressSeconds * 10) / 10) * EXPRESS_GB * PRICES.expressGbSecond +
    transitions * PRICES.standardTransition +
    uploads * PRICES.s3Write +
    messages * PRICES.queueRequest +
    ((failures * ASSUMED.stateLogBytes) / 1e9) * PRICES.logsGb
  );
}

/** Dollars of a deed's invocations. */
function inside(
  { invocations = 0, lambdaSeconds = 0, writes = 0, reads = 0 }: Deed,
  { lambdaSecond }: Bounds,
): number {
  const logBytes = invocations * (sampleLine().length + ASSUMED.lambdaLogBytes);
  return (
    invocations * PRICES.lambdaRequest +
    lambdaSeconds * lambdaSecond +
    writes * PRICES.s3Write +
    reads * PRICES.s3Read +
    (logBytes / 1e9) * PRICES.logsGb
  );
}

const dollars = (value: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: value < 0.1 ? 4 : 2 });
const whole = (value: number): string => value.toLocaleString('en-US');
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export function formatAbuse(bounds = readBounds()): string {
  const deeds = computeDeeds(bounds);
  const { lambdaSecond, timeoutSeconds, requestsPerSecond, burst, requestsPerDay, alarmInvocations } = bounds;
  const requestsOfDay = requestsPerSecond * DAY_SECONDS + burst;
  const [ofNew, ofOther] = ACCOUNTS;
  const lambdaOf = (concurrency: number, seconds: number) => concurrency * seconds * lambdaSecond;
  const each = (deed: Deed) => outside(deed, bounds) + inside(deed, bounds);
  const thousand = (deed: Deed) => dollars(1000 * each(deed));
  /** So many deeds within a day. Those that get none of the concurrent invocations cost only what is outside. */
  const dayOf = (deed: Deed, count: number, concurrency: number) => {
    const share = Math.min(1, (concurrency * DAY_SECONDS) / (count * (deed.lambdaSeconds ?? 0)));
    return count * (outside(deed, bounds) + share * inside(deed, bounds));
  };
  const requestRow = (name: string, deed: Deed) =>
    row(
      name,
      thousand(deed),
      dollars(dayOf(deed, requestsPerDay, ofOther)),
      ...ACCOUNTS.map((concurrency) => dollars(dayOf(deed, requestsOfDay, concurrency))),
    );
  const { designs, lines } = computeCosts();
  const typical = (design: string) =>
    lines.reduce((sum, line) => sum + (line.dollars[designs.indexOf(design)] ?? 0), 0) / 1e6;
  const typicalRow = (name: string, design: string) => row(name, dollars(1000 * typical(design)));
  const unseen = (concurrency: number) =>
    24 * Math.min(concurrency * 3600, alarmInvocations * timeoutSeconds) * lambdaSecond;
  const runs = requestsPerSecond;
  const images = 100_000;
  return `# What somebody can cost you

What an uploader, a caller of the API and a stranger can cost at most, in dollars, with the template's defaults.
\`npm run cost\` writes this page from the bounds in the template, the state machines and the limits of an image, with the
[prices of cost.md](cost.md#sources-of-the-figures). Each figure takes every bound at its largest, so it is too high rather
than too low. What has no bound is [at the end](#what-is-not-bounded).

## The bound on everybody together

The function costs $${lambdaSecond.toFixed(8)} a second. Whoever causes its invocations, their time costs at most:

| invocations at once | an hour | a day |
| --- | ---: | ---: |
${[1, ...ACCOUNTS].map((count) => row(whole(count), dollars(lambdaOf(count, 3600)), dollars(lambdaOf(count, DAY_SECONDS)))).join('\n')}

\`ReservedConcurrency\` sets this number. With 0, the default, it is the account's: ${ofNew} in a new account, else ${whole(ofOther)} unless you
asked AWS for more.

## An uploader

Somebody who may write objects under \`input/\`. The row "takes all its time" is an image that uses its ${DEFAULT_LIMITS.maxImageSeconds} seconds
(\`maxImageSeconds\`) before it is refused: ${deeds.slowest.toFixed(1)} s with its S3 requests.

| an uploaded object that | dollars for a thousand |
| --- | ---: |
${typicalRow('is a typical photograph ([cost.md](cost.md))', 'uploads')}
${row('takes all its time', thousand(deeds.slowUpload))}
${row(`gets no invocation, and waits ${deeds.waitSeconds} s before it is sent to the queue`, thousand(deeds.waitingUpload))}
${row(`uses the function's ${timeoutSeconds} s in each of its ${deeds.failingUpload.invocations} invocations: two attempts, and one that records the failure. No file is known that does`, thousand(deeds.failingUpload))}

A message on the queue costs nothing more while it is kept, for ${bounds.retentionDays} days. A deletion costs an event and a short execution, less
than an upload.

## A caller of the API

Somebody whose requests the API accepts: with \`AWS_IAM\` whoever may call \`execute-api:Invoke\`, with \`API_KEY\` whoever has
the key, with \`NONE\` anyone. The key may make ${whole(requestsPerDay)} requests a day (\`ApiRequestsPerDay\`). All callers together may make
${requestsPerSecond} a second (\`ApiRequestsPerSecond\`) after a burst of ${burst} (\`ApiBurst\`): ${whole(requestsOfDay)} a day.

| each request is | a thousand | a day, quota of the key | a day, rate limit, ${whole(ofNew)} invocations at once | a day, rate limit, ${whole(ofOther)} at once |
| --- | ---: | ---: | ---: | ---: |
${requestRow('GET', deeds.get)}
${requestRow(`POST of \`{"key", "force": true}\`, for a tiny image: ${deeds.transitions} transitions, ${deeds.smallRequest.lambdaSeconds.toFixed(2)} s`, deeds.smallRequest)}
${requestRow(`the same for an image that takes all its time: ${deeds.slowest.toFixed(1)} s`, deeds.slowRequest)}
${requestRow(`the same with the most that one image can take: ${deeds.mostTransitions} transitions, and ${deeds.failingRequest.invocations} invocations of ${timeoutSeconds} s`, deeds.failingRequest)}
${requestRow(`POST to \`/uploads\` with \`BrowserUploads\`, and an upload with its link of an image that takes all its time`, deeds.uploadRequest)}

S3 accepts a link as often as it is used within its five minutes, each time as an upload of the same key and size. An upload has
at most ${DEFAULT_LIMITS.maxBytes / 2 ** 20} MiB, so the key of \`API_KEY\` stores at most ${whole(Math.round((requestsPerDay * DEFAULT_LIMITS.maxBytes) / 1e9))} GB a day with one upload for each link.

At the rate limit, the transitions of the STANDARD state machine cost most in a new account, and no limit on invocations bounds
them. Lower \`ApiRequestsPerSecond\` if your callers need fewer: each request per second saves at most $${dollars(DAY_SECONDS * outside(deeds.failingRequest, bounds))} a day
besides the function's duration.

POST of \`{}\` or of a prefix starts a bulk run over all its images:

| a bulk run, for each image | dollars for a thousand |
| --- | ---: |
${typicalRow('that is up to date', 'dry run')}
${typicalRow('that is a typical photograph and is made', 'backfill')}
${row('that takes all its time', thousand(deeds.slowInBulk))}
${row(`with the most that a batch can take: ${INVOCATIONS_OF_A_BATCH} invocations at once for the five minutes of its execution, full batches`, thousand(deeds.failingInBulk))}

One bulk run has at most ${INVOCATIONS_OF_A_BATCH * bounds.batchesAtOnce} invocations at once, two for each of its ${bounds.batchesAtOnce} batches (\`MaxConcurrency\`): $${dollars(lambdaOf(INVOCATIONS_OF_A_BATCH * bounds.batchesAtOnce, 3600))} an hour.

## A stranger

- **With \`AWS_IAM\` or \`API_KEY\`: nothing.** API Gateway does not bill requests that it refuses for a missing signature or
  key, or that it throttles. With \`ApiAccessLogs\`, each refused request writes a log line.
- **With a \`CorsOrigin\`, preflights.** \`OPTIONS\` is open to anyone: at the rate limit, $${dollars(requestsOfDay * PRICES.apiRequest)} a day. They
  start nothing, but count towards the rate limit of your callers.
- **With \`NONE\`: all that a caller can.**
- **With \`Delivery=CLOUDFRONT\`, downloads.** Whoever knows the URL of an image, which every page that shows it contains, can
  fetch it as often as they like: $${dollars(1000 * PRICES.cdnGb)} a terabyte. Requests for what is not there cost $${dollars(1e6 * (PRICES.cdnRequest + PRICES.s3Read))} a million, because
  they are not cached. \`TrustedKeyGroupId\` refuses strangers; AWS WAF, which the stack does not set up, can limit their rate.
- **The buckets, the queue and the topic** refuse strangers. S3 does not bill requests from other accounts that it denies.

[research/aws.md](research/aws.md#other-services) names the sources.

## What reports it

\`ImageResizeInvocationsAlarm\` reports more than ${whole(alarmInvocations)} invocations an hour (\`AlarmInvocationsPerHour\`). That many uploads of
typical photographs cost $${dollars(alarmInvocations * typical('uploads'))}. Below it, invocations of ${timeoutSeconds} s each cost at most $${dollars(unseen(ofNew))} a day with ${ofNew} at once and
$${dollars(unseen(ofOther))} with ${whole(ofOther)}. The alarm stops nothing: [operate.md](operate.md#stop-what-costs-too-much) does. It does
not see GET, transitions, storage or transfer; a budget of AWS Budgets reports the whole bill, some hours later. Throttled
attempts are no invocations: \`ImageResizeThrottlesAlarm\` reports them after 15 minutes.

## What is not bounded

- **The number of bulk runs.** One at a time goes over a prefix, but prefixes may overlap: \`input/\`, \`input/2\`, \`input/20\`. The
  rate limit admits ${runs} requests each second. Over ${whole(images)} typical photographs, ${runs} forced runs cost
  $${dollars(runs * images * typical('backfill'))}; over as many images that take all their time, $${dollars(runs * images * each(deeds.slowInBulk))}. The limit on invocations only spreads that
  over time. The quota of the key bounds the requests, not what each one starts.
- **The number of uploads, and their bytes.** S3 stores whatever an uploader may write, also what the function refuses, and
  versions that were overwritten for 30 days.
- **The quota and the rate limit are approximate.** API Gateway may let more requests pass, and AWS advises not to rely on a
  usage plan to control costs.
- **Data that leaves AWS**, and requests of those who may read the buckets.
- **What you turn on:** \`StateMachineLogLevel: ALL\`, \`Tracing\`, \`ApiAccessLogs\` and \`KmsKeyArn\` add to each request or image.
`;
}

if (import.meta.main) writeFileSync('docs/cost-abuse.md', formatAbuse());

/**
 * npm run cost: writes docs/cost.md, the cost of a million images (and docs/cost-abuse.md: see cost-abuse.ts). Reads
 * template.yaml, the files of the state machines, the table of the default recipe and the function's log line; the
 * figures that are in no file are below.
 */
import { writeFileSync } from 'node:fs';
import { functionsOf, readTemplate, stateMachinesOf } from 'aws-on-one-machine';
import { formatImageLog } from '../functions/image-resize/image-log.ts';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';
import { formatWebPageCosts } from './cost-web-pages.ts';
import { formatPrices, PRICES } from './prices.ts';

const MEASURED = {
  on: '24 November 2026',
  what: 'a 12-megapixel phone photograph into the default table, on one core of an Intel Xeon',
  renderSeconds: 0.33,
  /** By which a HEIC of 12 megapixels takes longer than a JPEG of the same picture (docs/research/renditions.md). */
  heicSeconds: 0.86,
};

/** What cannot be measured without an AWS account. Each figure is chosen too high rather than too low. */
export const ASSUMED = {
  /** How many times as long a vCPU of Lambda takes as the core that was measured. */
  slowerCore: 2,
  s3RoundTripSeconds: 0.03,
  /** From the start of an execution to the start of the function, and back. */
  overheadSeconds: 0.05,
  /** X-Ray's own rule for Lambda: the first request of each second and 5% of the rest. */
  sampledShare: 0.05,
  /** AWS found fewer than 1% in its customers' workloads, when it began to bill the INIT phase in August 2025. */
  startedShare: 0.01,
  initSeconds: 0.5,
  /** platform.start and platform.report in JSON. */
  lambdaLogBytes: 650,
  /** One event of a state machine's log without execution data. */
  stateLogBytes: 450,
  /** The same with execution data: the log of an upload in the local runtime, 28 November 2026. */
  stateLogDataBytes: 1400,
};

/** S3 requests for a new image, which a unit test counts. `inTurn` is how many of them wait for one another. */
export const S3_REQUESTS = { writes: RENDITIONS.length + 1, reads: 4, inTurn: 6 };

/** S3 requests of a bulk run for an image that it does not make: its manifest. A listing serves a whole batch. */
const S3_REQUESTS_OF_A_CHECK = { writes: 0, reads: 1 };

/** S3 requests of a removal, which a unit test counts: the original before and after, and its outputs. DELETE is free. */
export const S3_REQUESTS_OF_A_REMOVAL = { lists: 1, reads: 2, deletes: 1 };
const REMOVAL_SECONDS =
  Object.values(S3_REQUESTS_OF_A_REMOVAL).reduce((sum, count) => sum + count) * ASSUMED.s3RoundTripSeconds;

/** The metrics in image-log.ts, without those by error name. */
const METRICS = 6;

const MILLION = 1e6;
/** Step Functions bills Express memory in steps of 64 MB, durations in steps of 100 ms. */
export const EXPRESS_GB = 64 / 1024;
const KEYS_A_LIST = 1000;

interface Settings {
  readonly architecture: 'arm64' | 'x86_64';
  readonly memoryMb: number;
  readonly imagesPerBatch: number;
  readonly isTraced: boolean;
  readonly writesSystemLogs: boolean;
  readonly statesOfUpload: number;
  readonly alarms: number;
  readonly dashboards: number;
}

/** What a million images take in one design. */
export interface Design {
  /** Requests to the API. */
  readonly requests: number;
  readonly events: number;
  readonly expressRequests: number;
  readonly expressSeconds: number;
  readonly transitions: number;
  readonly invocations: number;
  readonly lists: number;
  /** Seconds of the function, and S3 requests, for one image. */
  readonly imageSeconds: number;
  readonly writes: number;
  readonly reads: number;
}

export interface Line {
  readonly name: string;
  readonly isOrchestration: boolean;
  /** Dollars, one for each design. */
  readonly dollars: readonly number[];
}

/** @param parameterOverrides of a stack whose settings are not the defaults. */
export function readSettings(parameterOverrides: Readonly<Record<string, string>> = {}): Settings {
  const queueUrl = (name: string) => `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;
  const template = readTemplate({ file: 'template.yaml', parameterOverrides, queueUrl });
  const machines = stateMachinesOf(template);
  const definition = (id: string) => machines.find(({ name }) => name === id)?.text ?? '{}';
  const properties = template.resources.get('ImageResizeFunction')?.properties ?? {};
  const text = JSON.stringify(properties);
  const count = (type: string) => [...template.resources.values()].filter((one) => one.type === type).length;
  return {
    architecture: text.includes('"x86_64"') ? 'x86_64' : 'arm64',
    memoryMb: functionsOf(template)[0]?.memorySizeMb ?? 0,
    imagesPerBatch: Number(
      /"imagesPerBatch\.\$": "States\.StringToJson\('(\d+)'\)"/.exec(
        definition('ResizeImageStateMachine'),
      )?.[1],
    ),
    isTraced: text.includes('"Tracing":"Active"'),
    writesSystemLogs: !text.includes('"SystemLogLevel":"WARN"'),
    statesOfUpload: countStates(JSON.parse(definition('ResizeUploadStateMachine'))),
    alarms: count('AWS::CloudWatch::Alarm'),
    dashboards: count('AWS::CloudWatch::Dashboard'),
  };
}

/** Counts the states that an image passes when nothing fails. */
function countStates({
  StartAt,
  States,
}: {
  StartAt: string;
  States: Record<string, { Next?: string; Default?: string }>;
}): number {
  let count = 0;
  for (let name: string | undefined = StartAt; name; name = States[name]?.Next ?? States[name]?.Default)
    count += 1;
  return count;
}

/** Seconds of the function for one image. */
const imageSeconds =
  MEASURED.renderSeconds * ASSUMED.slowerCore + S3_REQUESTS.inTurn * ASSUMED.s3RoundTripSeconds;
const billed = (seconds: number) => Math.ceil(seconds * 10) / 10;

export function designs({ imagesPerBatch }: Settings) {
  const { writes, reads } = S3_REQUESTS;
  const made = { imageSeconds, writes, reads };
  const none = {
    requests: 0,
    events: 0,
    expressRequests: 0,
    expressSeconds: 0,
    transitions: 0,
    lists: 0,
    ...made,
  };
  const batches = MILLION / imagesPerBatch;
  const lists = MILLION / KEYS_A_LIST;
  const batchesOf = (image: Pick<Design, 'imageSeconds' | 'writes' | 'reads'>): Design => ({
    ...none,
    ...image,
    expressRequests: batches,
    expressSeconds: batches * billed(imagesPerBatch * image.imageSeconds + ASSUMED.overheadSeconds),
    // A Distributed Map costs one transition for each child execution that it starts.
    transitions: batches,
    invocations: batches,
    // The Map lists the originals, and each batch the outputs of its images.
    lists: lists + batches,
  });
  return {
    uploads: {
      ...none,
      events: MILLION,
      expressRequests: MILLION,
      expressSeconds: MILLION * billed(imageSeconds + ASSUMED.overheadSeconds),
      invocations: MILLION,
    },
    // Start, Task, Choice, Succeed.
    'uploads, plain': { ...none, events: MILLION, transitions: 4 * MILLION, invocations: MILLION },
    backfill: batchesOf(made),
    // Starting the child, and in the child its start and its Task.
    'backfill, plain': { ...none, transitions: 3 * MILLION, invocations: MILLION, lists },
    'dry run': batchesOf({
      ...S3_REQUESTS_OF_A_CHECK,
      imageSeconds: ASSUMED.s3RoundTripSeconds * (1 + 1 / imagesPerBatch),
    }),
    removals: {
      ...none,
      events: MILLION,
      expressRequests: MILLION,
      expressSeconds: MILLION * billed(REMOVAL_SECONDS + ASSUMED.overheadSeconds),
      invocations: MILLION,
      lists: MILLION * S3_REQUESTS_OF_A_REMOVAL.lists,
      imageSeconds: REMOVAL_SECONDS,
      writes: 0,
      reads: S3_REQUESTS_OF_A_REMOVAL.reads,
    },
    'one by one': {
      ...none,
      requests: MILLION,
      // Starting the execution and five states.
      transitions: 6 * MILLION,
      invocations: MILLION,
    },
  } satisfies Record<string, Design>;
}

/** Dollars by which a million uploads cost more if they are HEIC. */
function costOfHeic(settings: Settings): number {
  const { uploads } = designs(settings);
  const seconds = uploads.imageSeconds + MEASURED.heicSeconds * ASSUMED.slowerCore;
  const heic = {
    ...uploads,
    imageSeconds: seconds,
    expressSeconds: MILLION * billed(seconds + ASSUMED.overheadSeconds),
  };
  const { lines } = computeCosts(settings, { uploads, heic });
  return lines.reduce((sum, { dollars: [before = 0, after = 0] }) => sum + after - before, 0);
}

/** @returns every line of the bill, with the dollars of each design. */
export function computeCosts(
  settings = readSettings(),
  all: Readonly<Record<string, Design>> = designs(settings),
): { designs: string[]; lines: Line[] } {
  const line = (name: string, isOrchestration: boolean, cost: (design: Design) => number): Line => ({
    name,
    isOrchestration,
    dollars: Object.values(all).map(cost),
  });
  const { architecture, memoryMb, isTraced, writesSystemLogs } = settings;
  const systemBytes = writesSystemLogs ? ASSUMED.lambdaLogBytes : 0;
  const gb = (bytes: number) => bytes / 1e9;
  return {
    designs: Object.keys(all),
    lines: [
      line('API Gateway requests', true, ({ requests }) => requests * PRICES.apiRequest),
      line('EventBridge events', true, ({ events }) => events * PRICES.eventBridgeEvent),
      line(
        'Step Functions, EXPRESS requests',
        true,
        ({ expressRequests }) => expressRequests * PRICES.expressRequest,
      ),
      line(
        'Step Functions, EXPRESS duration',
        true,
        ({ expressSeconds }) => expressSeconds * EXPRESS_GB * PRICES.expressGbSecond,
      ),
      line(
        'Step Functions, STANDARD transitions',
        true,
        ({ transitions }) => transitions * PRICES.standardTransition,
      ),
      line('Lambda requests', false, ({ invocations }) => invocations * PRICES.lambdaRequest),
      line(
        'Lambda duration',
        false,
        (design) => (MILLION * design.imageSeconds * memoryMb * PRICES.lambdaGbSecond[architecture]) / 1024,
      ),
      line(
        'Lambda, starts of instances (INIT)',
        false,
        ({ invocations }) =>
          (invocations *
            ASSUMED.startedShare *
            ASSUMED.initSeconds *
            memoryMb *
            PRICES.lambdaGbSecond[architecture]) /
          1024,
      ),
      line('S3 PUT', false, ({ writes }) => MILLION * writes * PRICES.s3Write),
      line('S3 GET and HEAD', false, ({ reads }) => MILLION * reads * PRICES.s3Read),
      line('S3 LIST', false, ({ lists }) => lists * PRICES.s3Write),
      line(
        'CloudWatch Logs',
        false,
        ({ invocations }) => gb(MILLION * sampleLine().length + invocations * systemBytes) * PRICES.logsGb,
      ),
      line('X-Ray traces', false, ({ invocations }) =>
        isTraced ? invocations * ASSUMED.sampledShare * PRICES.trace : 0,
      ),
    ],
  };
}

/** A log line of typical length. */
export function sampleLine(): string {
  const renditions = RENDITIONS.map(({ name }) => ({
    name,
    key: '',
    url: '',
    width: 1280,
    height: 960,
    format: '',
    bytes: 60_000,
    etag: '',
  }));
  const uuid = '17793124-05d4-b198-2fde-7ededc63b103';
  return formatImageLog(
    {
      status: 'RESIZED',
      source: { bucket: '', key: 'input/2026/11/24/photograph-0001.jpg', etag: uuid.replaceAll('-', '') },
      renditions,
      work: { sourceBytes: 1_500_000, renderMilliseconds: 660 },
    },
    {
      functionName: 'image-pipeline-ImageResizeFunction-1A2B3C4D5E6F',
      requestId: uuid,
      execution: `${uuid}_${uuid}`,
    },
    new Date(0),
  );
}

export function formatCosts(settings = readSettings()): string {
  const { designs, lines } = computeCosts(settings);
  const { memoryMb, architecture, imagesPerBatch, statesOfUpload, alarms, dashboards } = settings;
  const sum = (some: readonly Line[]) =>
    designs.map((_, index) => some.reduce((total, { dollars }) => total + (dollars[index] ?? 0), 0));
  const row = (name: string, dollars: readonly number[], mark = '') =>
    `| ${[name, ...dollars.map((value) => (value === 0 ? '' : value.toFixed(2)))].map((cell) => (cell && mark ? `${mark}${cell}${mark}` : cell)).join(' | ')} |`;
  const orchestration = lines.filter(({ isOrchestration }) => isOrchestration);
  const rest = lines.filter(({ isOrchestration }) => !isOrchestration);
  const logEvents = 2 * statesOfUpload + 3 + 2;
  const logged = (eventBytes: number) => (MILLION * logEvents * eventBytes * PRICES.logsGb) / 1e9;
  const writes = S3_REQUESTS.writes * MILLION * PRICES.s3Write;
  return `# Cost

Dollars for a million images, at the list prices of us-east-1 in November 2026 (check them again before you rely on them), with
the template's defaults: ${memoryMb} MB on ${architecture}, ${imagesPerBatch} images in a batch. \`npm run cost\` writes this page from the template, the
state machines, the renditions table of \`input/\`, which is made where no folder has a recipe of its own, and the function's
log line. The columns "plain" are the simplest design, for comparison:
a STANDARD execution for each upload, and a STANDARD child execution for each image of a backfill. A backfill that finds every
image up to date costs as much as a dry run. "Removals" are originals that are deleted, also by a lifecycle rule. "One by one"
is a \`POST {"key"}\` for each image: a prefix costs a small part of that.

| | ${designs.join(' | ')} |
| --- |${' ---: |'.repeat(designs.length)}
${orchestration.map(({ name, dollars }) => row(name, dollars)).join('\n')}
${row('events and orchestration', sum(orchestration), '**')}
${rest.map(({ name, dollars }) => row(name, dollars)).join('\n')}
${row('all', sum(lines), '**')}

The backfill after a dry run costs the column "backfill" for the images that the dry run counts as \`wouldResize\`, and the
column "dry run" for all others. Not in the table: some dozen transitions of each bulk run itself and its two invocations,
which claim its prefix and count its results (less than a cent), storage, and the upload itself (S3 bills a PUT). Each old
version of an original that expires sends an event, which costs what an image costs that is up to date: a GET, the manifest
and a listing, and an execution. What somebody who wants to do harm can cost is in [cost-abuse.md](cost-abuse.md).

Each month, whatever the number of images:

| | dollars |
| --- | ---: |
| CloudWatch, ${METRICS} metrics, and one more for each error name of rejected images | ${(METRICS * PRICES.metricMonth).toFixed(2)} |
| CloudWatch, ${alarms} alarms | ${(alarms * PRICES.alarmMonth).toFixed(2)} |
| CloudWatch, ${dashboards} dashboard (the first three of an account are free) | ${(dashboards * PRICES.dashboardMonth).toFixed(2)} |

## What single choices cost

| choice | dollars for a million images |
| --- | ---: |
| each row of the renditions table: a PUT, besides the rendering | ${(MILLION * PRICES.s3Write).toFixed(2)} |
| each of the four reads: the manifest, the source, and the source's ETag before and after the manifest is written. Without any one of them, a race could leave the renditions of an old image | ${(MILLION * PRICES.s3Read).toFixed(2)} |
| \`AcceptHeic\`, for HEIC of 12 megapixels in place of JPEG: ${MEASURED.heicSeconds} s more for the decoder, on the core that was measured. One of 48 megapixels takes four times that. JPEG costs as much as before | ${costOfHeic(settings).toFixed(2)} |
| \`StateMachineLogLevel: ALL\` instead of ERROR: ${logEvents} log events an upload | ${logged(ASSUMED.stateLogBytes).toFixed(2)} |
| The same with \`StateMachineLogData: true\` | ${logged(ASSUMED.stateLogDataBytes).toFixed(2)} |
| \`Tracing: true\`; X-Ray samples 5% | ${(MILLION * ASSUMED.sampledShare * PRICES.trace).toFixed(2)} |
| EventBridge events of the resized images' bucket too, which are off: ${S3_REQUESTS.writes} an image | ${(MILLION * S3_REQUESTS.writes * PRICES.eventBridgeEvent).toFixed(2)} |
| \`KmsKeyArn\`, besides $${PRICES.kmsKeyMonth.toFixed(2)} a month for the key: with bucket keys at most 1% of the ${S3_REQUESTS.writes + S3_REQUESTS.reads} S3 requests reach KMS | ${(MILLION * (S3_REQUESTS.writes + S3_REQUESTS.reads) * 0.01 * PRICES.kmsRequest).toFixed(2)} |
| a second log line for the metrics: ${sampleLine().length} bytes. The function writes one line that is log and metrics | ${((MILLION * sampleLine().length * PRICES.logsGb) / 1e9).toFixed(2)} |

The ${S3_REQUESTS.writes} PUTs cost $${writes.toFixed(2)}, more than the rendering. If you need no \`fallback\` for old browsers, or no \`medium\`, you save most by
deleting its row in [renditions.ts](../functions/image-resize/renditions.ts).

${formatWebPageCosts()}
## Sources of the figures

| | |
| --- | --- |
| the function, for one image | ${imageSeconds.toFixed(2)} s |
| of which measured on ${MEASURED.on}: ${MEASURED.what} | ${MEASURED.renderSeconds} s |
| assumed: a vCPU of Lambda takes | ${ASSUMED.slowerCore} times that |
| assumed: each of ${S3_REQUESTS.inTurn} S3 requests that wait for one another | ${ASSUMED.s3RoundTripSeconds} s |
| assumed: Step Functions and Lambda before and after the function | ${ASSUMED.overheadSeconds} s |
| assumed: share of invocations that start an instance of the function | ${100 * ASSUMED.startedShare}% |
| assumed: its INIT phase, which Lambda bills | ${ASSUMED.initSeconds} s |
| assumed: Lambda's log lines at start and end, which \`SystemLogLevel: WARN\` drops | ${ASSUMED.lambdaLogBytes} bytes |
| S3 requests for a new image, counted by a test | ${S3_REQUESTS.writes} PUT, ${S3_REQUESTS.reads} GET or HEAD |

Prices, in dollars:

| | |
| --- | ---: |
${formatPrices()}

A Distributed Map costs one transition for each child execution that it starts (Step Functions Developer Guide, "Transitions").
An EXPRESS execution is billed in steps of 64 MB and 100 ms.
`;
}

if (import.meta.main) writeFileSync('docs/cost.md', formatCosts());

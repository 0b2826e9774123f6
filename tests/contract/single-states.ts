// The table of tests of single states: what each state of both state machines does with one input. single-states.test.ts runs
// it with TestState, here or on AWS.

import type { InspectionData, MockErrorOutput, TestStateConfiguration } from '@aws-sdk/client-sfn';

/** In an expected value: any text, such as a generated name. */
export const ANY_TEXT = '(any text)';

/** One test: a state, its input, what a mock answers in its place, and what follows. */
export interface Row {
  readonly state: string;
  /** What the row shows, after the state's name in the test's title. */
  readonly shows: string;
  readonly input: unknown;
  /** The mocked result of a Task or a Map. */
  readonly result?: unknown;
  /** The mocked error of a Task or a Map. */
  readonly error?: MockErrorOutput;
  /** The context object, in place of a generated one. */
  readonly context?: unknown;
  readonly configuration?: TestStateConfiguration;
  readonly expected: Expected;
}

/** A success leads to `next`, or ends the state machine without it; an error leads there only by a catcher. */
export interface Expected {
  readonly next?: string;
  readonly output?: unknown;
  /** Error and cause of an attempt that fails. */
  readonly error?: string;
  readonly cause?: string;
  /** The place of the catcher that takes the error. */
  readonly catcher?: number;
  /** Some of the data between the steps. */
  readonly data?: Partial<Record<keyof InspectionData, unknown>>;
}

/** What one retrier does with each of its errors. */
export interface RetryRow {
  readonly state: string;
  readonly input: unknown;
  readonly context?: unknown;
  /** The place of the retrier. */
  readonly retrier: number;
  /** What the errors have in common, for the title. */
  readonly when: string;
  readonly errors: readonly string[];
  /** Seconds before each retry, without jitter. */
  readonly waits: readonly number[];
  /** What follows the last attempt: this catcher and this state, or the end of the execution. */
  readonly afterwards: { readonly catcher: number; readonly next: string } | 'FAILED';
}

export interface Table {
  readonly rows: readonly Row[];
  readonly retries: readonly RetryRow[];
}

export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:ImageResizeFunction:live';
export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/UnprocessedUploadsQueue';
const ORIGINALS = 'local-originalimagesbucket';
const EXECUTION_ARN = 'arn:aws:states:us-east-1:000000000000:execution:ResizeImageStateMachine:run-1';
const STARTED = '2026-01-31T12:00:00.000Z';

// ---- Errors, by what they say about the call ---------------------------------------------------------------------------

type Kind = Pick<RetryRow, 'when' | 'errors'>;

const NOT_INVOKED: Kind = {
  when: 'no invocation began',
  errors: [
    'Lambda.TooManyRequestsException',
    'Lambda.CodeArtifactUserPendingException',
    'Lambda.ResourceConflictException',
    'Lambda.ResourceNotReadyException',
  ],
};
const CRASHED: Kind = {
  when: 'the image ended the function',
  errors: ['Runtime.ExitError', 'Runtime.OutOfMemory'],
};
const FAULT: Kind = {
  when: 'S3, Lambda or the image process had a fault',
  errors: [
    'StorageThrottledError',
    'StorageUnavailableError',
    'SourceChangingError',
    'ImageProcessError',
    'Lambda.Unknown',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
  ],
};
const OUT_OF_TIME: Kind = {
  when: 'the time ran out',
  errors: ['Sandbox.Timedout', 'Lambda.ClientExecutionTimeoutException', 'States.Timeout'],
};
const NOT_SENT: Kind = {
  when: 'the message was not sent',
  errors: ['SQS.SdkClientException', 'SQS.AmazonSQSException', 'States.Timeout'],
};
/** A fault of this pipeline, which no retrier names. */
const BUG = { error: 'TypeError', cause: 'undefined is not a function' };
const CAUGHT_BUG = { Error: BUG.error, Cause: BUG.cause };

// ---- Data -------------------------------------------------------------------------------------------------------------

const invoke = (Payload: unknown) => ({ FunctionName: FUNCTION_ARN, Payload });
const MESSAGE = { MessageId: '5fea7756-0ea4-451a-a703-a558b933e274' };
const CORRUPT = { name: 'CorruptImageError', message: 'The file ends early.' };
const RESIZED = { status: 'RESIZED', source: { bucket: ORIGINALS, key: 'input/cat.jpg' } };
const REJECTED = { status: 'REJECTED', source: RESIZED.source, error: CORRUPT };
const DEFAULTS = { prefix: 'input/', force: false, dryRun: false };

// ---- POST /process-image ----------------------------------------------------------------------------------------------

const ONE = { key: 'input/cat.jpg', execution: 'run-1' };
const RETRIED_STATE = { Name: 'ResizeImage', EnteredTime: STARTED, RetryCount: 2 };
const RUN = {
  request: { prefix: 'input/2026/', force: true, dryRun: false },
  maxConcurrency: 4,
  imagesPerBatch: 2,
  toleratedFailurePercentage: 5,
};
const RESULTS = { Bucket: 'local-resizedimagesbucket', Key: 'runs/run-1/manifest.json' };
const MAP_RUN = {
  MapRunArn: 'arn:aws:states:us-east-1:000000000000:mapRun:ResizeImageStateMachine/ResizeEveryImage:1',
  ResultWriterDetails: RESULTS,
};
const ITEMS = ['a.jpg', 'b.png', 'c.gif'].map((name) => ({
  Etag: '"9b2cf535f27731c974343645a3985328"',
  Key: `input/2026/${name}`,
  LastModified: 1_769_860_800,
  Size: 1_500_000,
  StorageClass: 'STANDARD',
}));
const [A, B, C] = ITEMS;
const BATCH_INPUT = { force: true, execution: 'run-1', dryRun: false };
const NOTHING = { resized: 0, unchanged: 0, rejected: [] };
const COUNTED = { resized: 1, unchanged: 0, rejected: [{ key: 'input/2026/b.png', error: CORRUPT }] };
const BATCH = { Items: [A, B], BatchInput: BATCH_INPUT, counted: NOTHING, alone: [] };
const IN_BATCH = { Execution: { StartTime: STARTED } };
const ALONE = { image: A, BatchInput: BATCH_INPUT };
const CRASH = { Error: 'Runtime.OutOfMemory', Cause: '{}' };
const UNPROCESSED_UPLOAD = {
  'detail-type': 'Object Created',
  detail: { bucket: { name: ORIGINALS }, object: { key: A?.Key, size: A?.Size, etag: A?.Etag } },
  followsFailure: true,
};
const IMAGES = { resized: 12, unchanged: 985, rejected: { CorruptImageError: 2 }, unprocessed: 1 };

const choice = (state: string, shows: string, input: unknown, next: string): Row => ({
  state,
  shows,
  input,
  expected: { next, output: input },
});

const requests: readonly Row[] = [
  choice('IsOneImage', 'a key is one image', { key: 'input/cat.jpg' }, 'NameExecution'),
  choice('IsOneImage', 'a forced key is one image', { key: 'input/cat.jpg', force: true }, 'NameExecution'),
  choice('IsOneImage', 'nothing is a bulk run', {}, 'ApplyDefaults'),
  choice('IsOneImage', 'a prefix is a bulk run', { prefix: 'input/2026/', dryRun: true }, 'ApplyDefaults'),
  choice('IsOneImage', 'a key with a prefix is refused', { key: 'a', prefix: 'input/' }, 'InvalidRequest'),
  choice('IsOneImage', 'a key with dryRun is refused', { key: 'a', dryRun: false }, 'InvalidRequest'),
  {
    state: 'InvalidRequest',
    shows: 'says what was expected',
    input: { key: 'a', prefix: 'input/' },
    expected: {
      error: 'InvalidRequest',
      cause: 'Expected "key" alone or with "force", but it came with "prefix" or "dryRun".',
    },
  },
];

/** The states that both state machines have, but for what they do with errors. */
const oneImage: readonly Row[] = [
  {
    state: 'NameExecution',
    shows: "adds the execution's name",
    input: { key: 'input/cat.jpg' },
    expected: { next: 'ResizeImage', output: { key: 'input/cat.jpg', execution: ANY_TEXT } },
  },
  {
    state: 'ResizeImage',
    shows: 'adds the state and its RetryCount to the event, and returns what the function returns',
    input: ONE,
    context: { State: RETRIED_STATE },
    result: { Payload: RESIZED, StatusCode: 200 },
    expected: {
      next: 'WasImageResized',
      output: RESIZED,
      data: { afterParameters: invoke({ ...ONE, ...RETRIED_STATE }) },
    },
  },
  {
    state: 'RecordFailure',
    shows: 'passes the event and its error to the function',
    input: { ...ONE, error: CRASH },
    result: { Payload: REJECTED },
    expected: {
      next: 'WasImageResized',
      output: REJECTED,
      data: { afterParameters: invoke({ failed: { ...ONE, error: CRASH }, error: CRASH }) },
    },
  },
  choice('WasImageResized', 'a rejected image is a failure', REJECTED, 'ImageRejected'),
  choice('WasImageResized', 'a resized image is a success', RESIZED, 'ImageResized'),
  choice('WasImageResized', 'an unchanged image is a success', { status: 'UNCHANGED' }, 'ImageResized'),
  choice('WasImageResized', 'a removed image is a success', { status: 'REMOVED' }, 'ImageResized'),
  {
    state: 'ImageResized',
    shows: 'the output is the result of the function',
    input: RESIZED,
    expected: { output: RESIZED },
  },
  {
    state: 'ImageRejected',
    shows: 'fails under the error of the image',
    input: REJECTED,
    expected: { error: CORRUPT.name, cause: CORRUPT.message },
  },
];

const bulkRun: readonly Row[] = [
  {
    state: 'ApplyDefaults',
    shows: 'adds the defaults beside the request',
    input: { force: true },
    expected: { next: 'PlanRun', output: { force: true, defaults: DEFAULTS } },
  },
  {
    state: 'PlanRun',
    shows: 'lays the request over the defaults, and makes numbers of the parameters',
    // TestState takes the input of the state for that of the execution.
    input: { prefix: 'input/2026/', dryRun: true, defaults: DEFAULTS },
    expected: {
      next: 'ClaimPrefix',
      output: {
        request: { prefix: 'input/2026/', force: false, dryRun: true, defaults: DEFAULTS },
        maxConcurrency: 4,
        imagesPerBatch: 20,
        toleratedFailurePercentage: 5,
      },
    },
  },
  {
    state: 'ClaimPrefix',
    shows: 'claims the prefix for this execution',
    input: RUN,
    context: { Execution: { Id: EXECUTION_ARN } },
    result: { Payload: {} },
    expected: {
      next: 'IsPrefixTaken',
      output: { ...RUN, claim: { Payload: {} } },
      data: { afterParameters: invoke({ claim: { prefix: 'input/2026/', execution: EXECUTION_ARN } }) },
    },
  },
  { state: 'ClaimPrefix', shows: 'a bug fails the run', input: RUN, error: BUG, expected: { ...BUG } },
  choice(
    'IsPrefixTaken',
    'a free prefix is processed',
    { ...RUN, claim: { Payload: {} } },
    'ResizeEveryImage',
  ),
  choice(
    'IsPrefixTaken',
    'a taken prefix ends the run',
    { ...RUN, claim: { Payload: { runningExecution: EXECUTION_ARN } } },
    'BulkRunInProgress',
  ),
  {
    state: 'BulkRunInProgress',
    shows: 'names the prefix and the running execution',
    input: { ...RUN, claim: { Payload: { runningExecution: EXECUTION_ARN } } },
    expected: {
      error: 'BulkRunInProgress',
      cause: `Another execution already processes the images under input/2026/. Wait for its end or stop it: ${EXECUTION_ARN}`,
    },
  },
  {
    state: 'ResizeEveryImage',
    shows: 'gives batches of listed images with what all of them need, and keeps where the results are',
    input: RUN,
    context: { Execution: { Name: 'run-1' } },
    result: MAP_RUN,
    configuration: { mapItemReaderData: JSON.stringify(ITEMS) },
    expected: {
      next: 'CountImages',
      output: { ...RUN, run: MAP_RUN },
      data: {
        afterItemBatcher: [
          { BatchInput: BATCH_INPUT, Items: [A, B] },
          { BatchInput: BATCH_INPUT, Items: [C] },
        ],
        maxConcurrency: 4,
        toleratedFailurePercentage: 100,
      },
    },
  },
  {
    state: 'ResizeEveryImage',
    shows: 'tolerates that every image fails: CountImages decides',
    input: RUN,
    context: { Execution: { Name: 'run-1' } },
    result: MAP_RUN,
    configuration: { mapItemReaderData: JSON.stringify(ITEMS), mapIterationFailureCount: ITEMS.length },
    expected: { next: 'CountImages' },
  },
  {
    state: 'ResizeEveryImage',
    shows: 'a listing that fails ends the run',
    input: RUN,
    context: { Execution: { Name: 'run-1' } },
    error: { error: 'States.ItemReaderFailed', cause: 'AccessDenied' },
    configuration: { mapItemReaderData: JSON.stringify(ITEMS) },
    expected: { error: 'States.ItemReaderFailed', cause: 'AccessDenied' },
  },
  {
    state: 'CountImages',
    shows: 'reads the results, and keeps the counts',
    input: { ...RUN, run: MAP_RUN },
    result: { Payload: { images: IMAGES, isTolerated: true, other: 1 } },
    expected: {
      next: 'WereEnoughImagesProcessed',
      output: { ...RUN, run: MAP_RUN, counted: { images: IMAGES, isTolerated: true } },
      data: {
        afterParameters: invoke({ results: RESULTS, toleratedFailurePercentage: 5, dryRun: false }),
      },
    },
  },
  {
    state: 'CountImages',
    shows: 'a bug fails the run',
    input: { ...RUN, run: MAP_RUN },
    error: BUG,
    expected: { ...BUG },
  },
  choice(
    'WereEnoughImagesProcessed',
    'few unprocessed images are tolerated',
    { counted: { images: IMAGES, isTolerated: true } },
    'ImagesProcessed',
  ),
  choice(
    'WereEnoughImagesProcessed',
    'many are not',
    { counted: { images: IMAGES, isTolerated: false } },
    'TooManyImagesUnprocessed',
  ),
  {
    state: 'ImagesProcessed',
    shows: 'the output counts the images and names the file of results',
    input: { ...RUN, run: MAP_RUN, counted: { images: IMAGES, isTolerated: true } },
    expected: { output: { images: IMAGES, results: RESULTS } },
  },
  {
    state: 'TooManyImagesUnprocessed',
    shows: 'has the counts as its cause',
    input: { counted: { images: { unprocessed: 3 } } },
    expected: { error: 'TooManyImagesUnprocessed', cause: '{"unprocessed":3}' },
  },
];

const batch: readonly Row[] = [
  {
    state: 'BeginBatch',
    shows: 'begins to count',
    input: { Items: [A, B], BatchInput: BATCH_INPUT },
    expected: { next: 'ResizeBatch', output: BATCH },
  },
  {
    state: 'ResizeBatch',
    shows: "passes images, counts and the execution's start, and keeps what was not begun",
    input: BATCH,
    context: IN_BATCH,
    result: { Payload: { ...COUNTED, notBegun: [B], isOutOfTime: false } },
    expected: {
      next: 'CountBatch',
      output: { ...BATCH, batch: { Items: [B], isOutOfTime: false, counted: COUNTED } },
      data: {
        afterParameters: invoke({
          Items: [A, B],
          BatchInput: BATCH_INPUT,
          counted: NOTHING,
          executionStarted: STARTED,
        }),
        afterResultSelector: { Items: [B], isOutOfTime: false, counted: COUNTED },
      },
    },
  },
  {
    state: 'ResizeBatch',
    shows: 'after any other failure, the images are processed one by one',
    input: BATCH,
    context: IN_BATCH,
    error: BUG,
    expected: {
      ...BUG,
      catcher: 0,
      next: 'ResizeImagesAlone',
      output: { ...BATCH, error: CAUGHT_BUG },
    },
  },
  {
    state: 'CountBatch',
    shows: 'goes on with what was not begun',
    input: { ...BATCH, batch: { Items: [B], isOutOfTime: false, counted: COUNTED } },
    expected: {
      next: 'WasBatchFinished',
      output: { Items: [B], isOutOfTime: false, counted: COUNTED, BatchInput: BATCH_INPUT, alone: [] },
    },
  },
  choice('WasBatchFinished', 'nothing is left', { Items: [], isOutOfTime: false }, 'BatchFinished'),
  choice(
    'WasBatchFinished',
    'nothing is left at the end of the time',
    { Items: [], isOutOfTime: true },
    'BatchFinished',
  ),
  choice('WasBatchFinished', 'images are left', { Items: [B], isOutOfTime: false }, 'ResizeBatch'),
  choice(
    'WasBatchFinished',
    'images are left, but no time',
    { Items: [B], isOutOfTime: true },
    'ResizeImagesAlone',
  ),
  {
    state: 'ResizeImagesAlone',
    shows: 'gives two images at once what a batch has',
    input: { Items: [A, B], BatchInput: BATCH_INPUT, counted: NOTHING },
    result: [COUNTED, { unprocessed: { key: B?.Key, error: CRASH } }],
    expected: {
      next: 'BatchFinished',
      output: {
        Items: [A, B],
        BatchInput: BATCH_INPUT,
        counted: NOTHING,
        alone: [COUNTED, { unprocessed: { key: B?.Key, error: CRASH } }],
      },
      data: {
        afterItemsPath: [A, B],
        afterItemSelector: [ALONE, { image: B, BatchInput: BATCH_INPUT }],
        maxConcurrency: 2,
      },
    },
  },
  {
    state: 'ResizeImageAlone',
    shows: 'passes a batch of one image that has failed before',
    input: ALONE,
    context: IN_BATCH,
    result: { Payload: { ...COUNTED, notBegun: [], isOutOfTime: false } },
    expected: {
      next: 'WasImageBegun',
      output: { ...ALONE, result: { isOutOfTime: false, counted: COUNTED } },
      data: {
        afterParameters: invoke({
          Items: [A],
          BatchInput: BATCH_INPUT,
          followsFailure: true,
          executionStarted: STARTED,
        }),
      },
    },
  },
  {
    state: 'ResizeImageAlone',
    shows: 'a bug leaves the image unprocessed',
    input: ALONE,
    context: IN_BATCH,
    error: BUG,
    expected: { ...BUG, catcher: 0, next: 'WhatFailed', output: { ...ALONE, error: CAUGHT_BUG } },
  },
  {
    state: 'ResizeImageAlone',
    shows: 'a time-out, which would come again, is not retried',
    input: ALONE,
    context: IN_BATCH,
    error: { error: 'Sandbox.Timedout', cause: '{}' },
    expected: { error: 'Sandbox.Timedout', cause: '{}', catcher: 0, next: 'WhatFailed' },
  },
  choice('WasImageBegun', 'an image was processed', { result: { isOutOfTime: false } }, 'ImageCounted'),
  choice('WasImageBegun', 'there was no time for it', { result: { isOutOfTime: true } }, 'ImageNotBegun'),
  {
    state: 'ImageCounted',
    shows: 'the output is the counts',
    input: { ...ALONE, result: { isOutOfTime: false, counted: COUNTED } },
    expected: { output: COUNTED },
  },
  {
    state: 'ImageNotBegun',
    shows: 'gives an image without time an error',
    input: ALONE,
    expected: {
      next: 'WhatFailed',
      output: {
        ...ALONE,
        error: { Error: 'OutOfTime', Cause: 'The batch had no time left to begin this image.' },
      },
    },
  },
  choice('WhatFailed', 'memory ran out', { ...ALONE, error: CRASH }, 'RecordImageFailure'),
  choice(
    'WhatFailed',
    'the process ended',
    { ...ALONE, error: { Error: 'Runtime.ExitError' } },
    'RecordImageFailure',
  ),
  choice('WhatFailed', 'something else', { ...ALONE, error: CAUGHT_BUG }, 'LeaveImageOnQueue'),
  choice(
    'WhatFailed',
    'a dry run records nothing',
    { image: A, BatchInput: { ...BATCH_INPUT, dryRun: true }, error: CRASH },
    'ImageUnprocessed',
  ),
  {
    state: 'RecordImageFailure',
    shows: 'records the image as rejected, and counts it',
    input: { ...ALONE, error: CRASH },
    result: { Payload: { status: 'REJECTED', source: { key: A?.Key }, error: CORRUPT } },
    expected: {
      output: { resized: 0, unchanged: 0, rejected: [{ key: A?.Key, error: CORRUPT }] },
      data: {
        afterParameters: invoke({
          failed: {
            'detail-type': 'Object Created',
            detail: { bucket: { name: ORIGINALS }, object: { key: A?.Key, etag: A?.Etag } },
            execution: 'run-1',
          },
          error: CRASH,
        }),
      },
    },
  },
  {
    state: 'RecordImageFailure',
    shows: 'what cannot be recorded is left on the queue',
    input: { ...ALONE, error: CRASH },
    error: BUG,
    expected: {
      ...BUG,
      catcher: 0,
      next: 'LeaveImageOnQueue',
      output: { ...ALONE, error: CRASH, recording: CAUGHT_BUG },
    },
  },
  {
    state: 'LeaveImageOnQueue',
    shows: 'sends an event that the function accepts',
    input: { ...ALONE, error: CRASH },
    result: MESSAGE,
    expected: {
      next: 'ImageUnprocessed',
      output: { ...ALONE, error: CRASH, message: MESSAGE },
      data: { afterParameters: { QueueUrl: QUEUE_URL, MessageBody: UNPROCESSED_UPLOAD } },
    },
  },
  {
    state: 'ImageUnprocessed',
    shows: 'the output names the image and its error',
    input: { ...ALONE, error: CRASH, message: MESSAGE },
    expected: { output: { unprocessed: { key: A?.Key, error: CRASH } } },
  },
  {
    state: 'BatchFinished',
    shows: 'the output is the counts',
    input: { ...BATCH, counted: COUNTED, alone: [COUNTED] },
    expected: { output: { counted: COUNTED, alone: [COUNTED] } },
  },
];

/** The waits where somebody waits for the end: four minutes for a free invocation. */
const patient = (state: string, input: unknown, crashed: RetryRow['afterwards'] = 'FAILED'): RetryRow[] => [
  { state, input, retrier: 0, ...NOT_INVOKED, waits: [2, 4, 8, 16, 32, 60, 60, 60], afterwards: 'FAILED' },
  { state, input, retrier: 1, ...CRASHED, waits: [2, 4, 8, 16], afterwards: crashed },
  { state, input, retrier: 1, ...FAULT, waits: [2, 4, 8, 16], afterwards: 'FAILED' },
  { state, input, retrier: 1, ...OUT_OF_TIME, waits: [2, 4, 8, 16], afterwards: 'FAILED' },
];
const send = (state: string, input: unknown, context?: unknown): RetryRow => ({
  state,
  input,
  context,
  retrier: 0,
  ...NOT_SENT,
  waits: [1, 2],
  afterwards: 'FAILED',
});
const alone = (kind: Kind, retrier: number, waits: readonly number[]): RetryRow => ({
  state: 'ResizeImageAlone',
  input: ALONE,
  retrier,
  ...kind,
  waits,
  afterwards: { catcher: 0, next: 'WhatFailed' },
});

/** What a POST starts. */
export const RESIZE_IMAGE: Table = {
  rows: [
    ...requests,
    ...oneImage,
    {
      state: 'ResizeImage',
      shows: 'a bug fails the execution',
      input: ONE,
      error: BUG,
      expected: { ...BUG },
    },
    {
      state: 'RecordFailure',
      shows: 'what cannot be recorded fails the execution',
      input: { ...ONE, error: CRASH },
      error: BUG,
      expected: { ...BUG },
    },
    ...bulkRun,
    ...batch,
  ],
  retries: [
    ...patient('ResizeImage', ONE, { catcher: 0, next: 'RecordFailure' }),
    ...patient('ClaimPrefix', RUN),
    ...patient('CountImages', { ...RUN, run: MAP_RUN }),
    {
      state: 'ResizeBatch',
      input: BATCH,
      retrier: 0,
      ...NOT_INVOKED,
      waits: [2, 4, 8, 15, 15],
      afterwards: { catcher: 0, next: 'ResizeImagesAlone' },
    },
    alone(NOT_INVOKED, 0, [2, 4, 8, 10]),
    alone(FAULT, 1, [5]),
    alone(CRASHED, 1, [5]),
    send('LeaveImageOnQueue', { ...ALONE, error: CRASH }),
  ],
};

// ---- Uploads and removals ---------------------------------------------------------------------------------------------

const EVENT = {
  'detail-type': 'Object Created',
  detail: { bucket: { name: ORIGINALS }, object: { key: 'input/cat.jpg', etag: 'e', size: 3 } },
};
const NAMED_EVENT = { ...EVENT, execution: 'run-1' };
const FAILED_EVENT = { ...NAMED_EVENT, error: CAUGHT_BUG };
const UPLOADED = { Execution: { Input: EVENT } };
const MARK = { followsFailure: true };
const MARKED = { catcher: 1, next: 'MarkAsFailed' };

const upload = (
  kind: Kind,
  retrier: number,
  waits: readonly number[],
  afterwards: RetryRow['afterwards'],
): RetryRow => ({ state: 'ResizeImage', input: NAMED_EVENT, retrier, ...kind, waits, afterwards });

/** What an event starts. */
export const RESIZE_UPLOAD: Table = {
  rows: [
    ...oneImage,
    {
      state: 'ResizeImage',
      shows: 'a bug leaves the event on the queue',
      input: NAMED_EVENT,
      error: BUG,
      expected: { ...BUG, ...MARKED, output: FAILED_EVENT },
    },
    {
      state: 'ResizeImage',
      shows:
        'an error without a cause, such as States.Timeout, has an empty one, which UploadUnprocessed reads',
      input: NAMED_EVENT,
      error: { error: 'States.Timeout' },
      configuration: { retrierRetryCount: 1 },
      expected: {
        error: 'States.Timeout',
        ...MARKED,
        output: { ...NAMED_EVENT, error: { Error: 'States.Timeout', Cause: '' } },
      },
    },
    {
      state: 'RecordFailure',
      shows: 'what cannot be recorded leaves the event on the queue',
      input: { ...NAMED_EVENT, error: CRASH },
      error: BUG,
      expected: {
        ...BUG,
        catcher: 0,
        next: 'MarkAsFailed',
        output: { ...NAMED_EVENT, error: CRASH, recording: CAUGHT_BUG },
      },
    },
    {
      state: 'MarkAsFailed',
      shows: 'marks the event',
      input: FAILED_EVENT,
      expected: { next: 'LeaveUploadOnQueue', output: { ...FAILED_EVENT, mark: MARK } },
    },
    {
      state: 'LeaveUploadOnQueue',
      shows: 'sends the event as it came, with the mark',
      input: { ...FAILED_EVENT, mark: MARK },
      context: UPLOADED,
      result: MESSAGE,
      expected: {
        next: 'UploadUnprocessed',
        output: { ...FAILED_EVENT, mark: MARK, message: MESSAGE },
        data: { afterParameters: { QueueUrl: QUEUE_URL, MessageBody: { ...EVENT, ...MARK } } },
      },
    },
    {
      state: 'UploadUnprocessed',
      shows: 'fails under the error that was caught',
      input: { ...FAILED_EVENT, mark: MARK, message: MESSAGE },
      expected: { ...BUG },
    },
  ],
  retries: [
    upload(NOT_INVOKED, 0, [2, 4, 8, 16, 20, 20], MARKED),
    upload(CRASHED, 1, [10], { catcher: 0, next: 'RecordFailure' }),
    upload(FAULT, 1, [10], MARKED),
    upload(OUT_OF_TIME, 1, [10], MARKED),
    send('LeaveUploadOnQueue', { ...FAILED_EVENT, mark: MARK }, UPLOADED),
  ],
};

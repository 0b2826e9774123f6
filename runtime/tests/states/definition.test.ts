import { expect } from 'chai';
import { parseDefinition } from '../../states/definition/states.ts';
import { FUNCTION_ARN, given, only } from './machine.ts';

const TASK = { Type: 'Task', Resource: FUNCTION_ARN };
const PASS = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };
const DISTRIBUTED = {
  Type: 'Map',
  ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' }, ...PASS },
};
const READER = { Resource: 'arn:aws:states:::s3:listObjectsV2', Parameters: { Bucket: 'b' } };

function parsing(definition: unknown): () => void {
  return () => parseDefinition(definition, 'machine.asl.json');
}

describe('Definitions (AWS: Amazon States Language; Transforming data with JSONata)', () => {
  for (const [what, state, message] of [
    [
      'JSONata',
      { Type: 'Pass', QueryLanguage: 'JSONata' },
      /States\.Only: expected JSONPath for QueryLanguage/,
    ],
    ['variables', { Type: 'Pass', Assign: { x: 1 } }, /States\.Only: Assign is not supported/],
    ['JSONata’s Arguments', { ...TASK, Arguments: {} }, /Arguments is not supported/],
    ['JSONata’s Items', { Type: 'Map', Items: [1], ItemProcessor: PASS }, /Items is not supported/],
    ['JSONata’s Output', { Type: 'Pass', Output: 5 }, /Output is not supported/],
    [
      'a field that no state has',
      { Type: 'Pass', Inputpath: '$' },
      /States\.Only: the field Inputpath is not supported/,
    ],
    ['a field of another state type', { Type: 'Succeed', Result: 5 }, /the field Result is not supported/],
    ['an unknown state type', { Type: 'Dance' }, /expected Task or Choice .* but received "Dance"/],
    ['credentials', { ...TASK, Credentials: { RoleArn: 'r' } }, /Credentials is not supported/],
    ['heartbeats', { ...TASK, HeartbeatSeconds: 5 }, /HeartbeatSeconds is not supported/],
    [
      'activities',
      { Type: 'Task', Resource: 'arn:aws:states:us-east-1:000000000000:activity:a' },
      /activities are not run here/,
    ],
    [
      'an integration without its ARN',
      { Type: 'Task', Resource: 'lambda:invoke' },
      /expected a Lambda function's ARN or arn:aws:states::: with one of lambda:invoke/,
    ],
    [
      'an integration with a region in its ARN',
      { Type: 'Task', Resource: 'arn:aws:states:eu-west-1:123456789012:lambda:invoke' },
      /expected a Lambda function's ARN/,
    ],
    [
      'a SecondsPath that selects several values',
      { Type: 'Wait', SecondsPath: '$.a[*]' },
      /SecondsPath: Expected a reference path/,
    ],
    [
      '.sync',
      { Type: 'Task', Resource: 'arn:aws:states:::states:startExecution.sync' },
      /only the request-response pattern/,
    ],
    [
      '.sync:2',
      { Type: 'Task', Resource: 'arn:aws:states:::states:startExecution.sync:2' },
      /only the request-response pattern/,
    ],
    [
      'waitForTaskToken',
      { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' },
      /only the request-response pattern/,
    ],
    [
      'an integration of another service',
      { Type: 'Task', Resource: 'arn:aws:states:::sns:publish', Parameters: {} },
      /sns:publish" is not supported/,
    ],
    [
      'another SDK integration',
      { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:s3:getObject', Parameters: {} },
      /is not supported: expected a Lambda function/,
    ],
    [
      'an asynchronous invocation',
      {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: { FunctionName: 'f', InvocationType: 'Event' },
      },
      /the parameter InvocationType is not supported/,
    ],
    [
      'lambda:invoke without FunctionName',
      { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters: { 'Payload.$': '$' } },
      /expects FunctionName/,
    ],
    [
      'a delayed message',
      {
        Type: 'Task',
        Resource: 'arn:aws:states:::sqs:sendMessage',
        Parameters: { QueueUrl: 'q', MessageBody: 'b', DelaySeconds: 5 },
      },
      /the parameter DelaySeconds is not supported/,
    ],
    [
      'TimeoutSeconds beside TimeoutSecondsPath',
      { ...TASK, TimeoutSeconds: 5, TimeoutSecondsPath: '$.t' },
      /either TimeoutSeconds or TimeoutSecondsPath/,
    ],
    [
      'a timeout of 0',
      { ...TASK, TimeoutSeconds: 0 },
      /an integer from 1 to 99999999 for TimeoutSeconds but received 0/,
    ],
    [
      'States.ALL beside others',
      { ...TASK, Retry: [{ ErrorEquals: ['States.ALL', 'x'] }] },
      /Retry\[0\]: States\.ALL must stand alone/,
    ],
    [
      'States.ALL before others',
      { ...TASK, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['x'] }] },
      /States\.ALL must stand alone, in the last/,
    ],
    [
      'an unknown field of a retrier',
      { ...TASK, Retry: [{ ErrorEquals: ['x'], Interval: 1 }] },
      /Retry\[0\]: the field Interval/,
    ],
    [
      'an unknown jitter',
      { ...TASK, Retry: [{ ErrorEquals: ['x'], JitterStrategy: 'HALF' }] },
      /FULL or NONE for JitterStrategy/,
    ],
    [
      'a MaxDelaySeconds that is not above IntervalSeconds',
      { ...TASK, Retry: [{ ErrorEquals: ['x'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] },
      /MaxDelaySeconds above IntervalSeconds/,
    ],
    [
      'a ResultPath with a wildcard',
      { Type: 'Pass', ResultPath: '$.a[*]' },
      /ResultPath: Expected a reference path/,
    ],
    [
      'a ResultPath in the context',
      { Type: 'Pass', ResultPath: '$$.a' },
      /ResultPath: Expected a reference path/,
    ],
    [
      'Seconds beside Timestamp',
      { Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z' },
      /one of Seconds, SecondsPath/,
    ],
    [
      'a timestamp without a zone',
      { Type: 'Wait', Timestamp: '2026-01-01T00:00:00' },
      /expected a timestamp such as/,
    ],
    ['Error beside ErrorPath', { Type: 'Fail', Error: 'a', ErrorPath: '$.a' }, /either Error or ErrorPath/],
    [
      'an intrinsic function that Fail does not support',
      { Type: 'Fail', CausePath: 'States.ArrayLength($.a)' },
      /CausePath takes States\.Format/,
    ],
    ['an InputPath of a Fail state', { Type: 'Fail', InputPath: '$.a' }, /the field InputPath/],
    [
      'two comparisons in one rule',
      { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, IsString: true, Next: 'Only' }] },
      /the field IsString/,
    ],
    [
      'an unknown comparison',
      { Type: 'Choice', Choices: [{ Variable: '$.a', BooleanLessThan: true, Next: 'Only' }] },
      /expected a comparison operator but received BooleanLessThan/,
    ],
    [
      'a comparison with a value of the wrong type',
      { Type: 'Choice', Choices: [{ Variable: '$.a', NumericEquals: '5', Next: 'Only' }] },
      /expected a numeric value/,
    ],
    [
      'JSONata conditions',
      { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'Only' }] },
      /Choices\[0\]: Condition is not supported: it belongs to JSONata/,
    ],
    [
      'a rule that leads nowhere',
      { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'Nowhere' }] },
      /leads to "Nowhere"/,
    ],
    [
      'a template field beside a field of the same name',
      { Type: 'Pass', Parameters: { a: 1, 'a.$': '$' } },
      /either "a" or "a\.\$"/,
    ],
    [
      'a template field that is no text',
      { Type: 'Pass', Parameters: { 'a.$': 5 } },
      /Parameters: Expected a path or an intrinsic function/,
    ],
    [
      'an ItemReader of CSV files',
      {
        ...DISTRIBUTED,
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'CSV' },
          Parameters: {},
        },
      },
      /ItemReader: the Resource .*getObject is not supported/,
    ],
    [
      'an ItemReader that transforms its items',
      { ...DISTRIBUTED, ItemReader: { ...READER, ReaderConfig: { Transformation: 'LOAD_AND_FLATTEN' } } },
      /ReaderConfig: expected NONE for Transformation but received "LOAD_AND_FLATTEN"/,
    ],
    [
      'an ItemReader beside ItemsPath',
      { ...DISTRIBUTED, ItemReader: READER, ItemsPath: '$.i' },
      /either ItemReader or ItemsPath/,
    ],
    [
      'an unknown parameter of an ItemReader',
      { ...DISTRIBUTED, ItemReader: { ...READER, Parameters: { Bucket: 'b', Key: 'k' } } },
      /the parameter Key is not supported/,
    ],
    [
      'an ItemBatcher without a bound',
      { ...DISTRIBUTED, ItemBatcher: { BatchInput: {} } },
      /expected MaxItemsPerBatch or MaxInputBytesPerBatch/,
    ],
    [
      'WriterConfig',
      { ...DISTRIBUTED, ResultWriter: { WriterConfig: { OutputType: 'JSONL' } } },
      /ResultWriter: WriterConfig is not supported/,
    ],
    [
      'a field of the Distributed Map in an inline Map',
      { Type: 'Map', ItemProcessor: PASS, ToleratedFailurePercentage: 5 },
      /the field ToleratedFailurePercentage/,
    ],
    [
      'a tolerance above 100 %',
      { ...DISTRIBUTED, ToleratedFailurePercentage: 101 },
      /a number from 0 to 100 for ToleratedFailurePercentage/,
    ],
    [
      'ResultSelector that is no payload template',
      { ...TASK, ResultSelector: '$.Payload' },
      /States\.Only: expected an object for ResultSelector but received "\$\.Payload"/,
    ],
    [
      'Parameters that are no payload template',
      { Type: 'Pass', Parameters: ['$.a'] },
      /expected an object for Parameters/,
    ],
    [
      'an ItemSelector that is no payload template',
      { Type: 'Map', ItemProcessor: PASS, ItemSelector: '$$.Map.Item.Value' },
      /expected an object for ItemSelector/,
    ],
    [
      'a state name used twice',
      { Type: 'Map', ItemProcessor: { StartAt: 'Only', States: { Only: { Type: 'Pass', End: true } } } },
      /"Only" twice/,
    ],
  ] as const) {
    it(`a state is refused by name and place because of ${what}`, () => {
      expect(parsing(only(state))).to.throw(message);
    });
  }

  for (const [what, definition, message] of [
    [
      'JSONata as its query language',
      { QueryLanguage: 'JSONata', ...PASS },
      /machine\.asl\.json: expected JSONPath/,
    ],
    ['a StartAt that names no state', { StartAt: 'X', States: PASS.States }, /StartAt: leads to "X"/],
    [
      'a Next that names no state',
      { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } },
      /States\.A: leads to "B"/,
    ],
    [
      'a state with neither Next nor End',
      { StartAt: 'A', States: { A: { Type: 'Pass' } } },
      /States\.A: expected either Next or "End": true/,
    ],
    [
      'a Catch that leads out of a branch',
      {
        StartAt: 'A',
        States: {
          A: {
            Type: 'Parallel',
            Branches: [
              {
                StartAt: 'B',
                States: { B: { ...TASK, End: true, Catch: [{ ErrorEquals: ['x'], Next: 'A' }] } },
              },
            ],
            End: true,
          },
        },
      },
      /Branches\[0\]\.States\.B: leads to "A"/,
    ],
    [
      'a state that no other state leads to',
      { StartAt: 'A', States: { A: { Type: 'Succeed' }, B: { Type: 'Pass', Next: 'A' } } },
      /States\.B: expected a state that another one leads to/,
    ],
    [
      'a Label used twice',
      {
        StartAt: 'A',
        States: {
          A: { ...DISTRIBUTED, Label: 'Same', Next: 'B' },
          B: {
            ...DISTRIBUTED,
            ItemProcessor: {
              ...DISTRIBUTED.ItemProcessor,
              StartAt: 'Q',
              States: { Q: { Type: 'Pass', End: true } },
            },
            Label: 'Same',
            End: true,
          },
        },
      },
      /expected each Label once but received "Same" twice/,
    ],
    [
      'a loop without an end',
      { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'A' } } },
      /expected a state that ends/,
    ],
    ['an unknown field of the machine', { ...PASS, Processor: {} }, /the field Processor/],
    ['a text in place of an object', 'text', /expected an object but received "text"/],
  ] as const) {
    it(`a definition is refused because of ${what}`, () => {
      expect(parsing(definition)).to.throw(message);
    });
  }

  it('a Distributed Map is refused in an EXPRESS state machine and in an EXPRESS child', () => {
    expect(() => given(only(DISTRIBUTED), { type: 'EXPRESS' })).to.throw(
      'an EXPRESS state machine cannot hold a distributed Map',
    );
    const outer = {
      ...DISTRIBUTED,
      ItemProcessor: {
        ...DISTRIBUTED.ItemProcessor,
        StartAt: 'Inner',
        States: { Inner: { ...DISTRIBUTED, End: true } },
      },
    };
    expect(parsing(only(outer))).to.throw('an EXPRESS item processor cannot hold a distributed Map');
  });
});

describe('A mistake in a definition (AWS: Amazon States Language)', () => {
  const text = `{
  "StartAt": "A",
  "States": {
    "A": { "Type": "Pass", "Next": "A.b" },
    "A.b": {
      "Type": "Parallel",
      "Branches": [
        { "StartAt": "C", "States": { "C": { "Type": "Succeed" } } },
        {
          "StartAt": "D",
          "States": { "D": { "Type": "Succeed" } }
        }
      ],
      "Retry": [
        { "ErrorEquals": ["x"] },
        { "ErrorEquals": ["States.ALL"], "MaxAttempts": 3 }
      ],
      "End": true
    }
  }
}`;
  for (const [from, to, message] of [
    ['"Pass"', '"Dance"', ':4: States.A: expected Task or Choice'],
    ['"StartAt": "D"', '"StartAt": "X"', ':10: States.A.b.Branches[1].StartAt: leads to "X"'],
    ['"MaxAttempts": 3', '"MaxAttempts": -3', ':16: States.A.b.Retry[1]: expected an integer'],
    ['"StartAt": "A"', '"StartAt": "B"', ':2: StartAt: leads to "B"'],
    ['"Next": "A.b"', '"Next": "B"', ':4: States.A: leads to "B"'],
    ['"StartAt": "A"', '"Version": "2.0", "StartAt": "A"', ':1: expected Version 1.0'],
  ] as const) {
    it(`a mistake is reported with its line, as ${message}`, () => {
      const changed = text.replace(from, to);
      expect(() => given(JSON.parse(changed), { text: changed })).to.throw(`machine.asl.json${message}`);
    });
  }
});

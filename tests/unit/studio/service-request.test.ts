import { expect } from 'chai';
import { type JsonService, readServiceRequest } from '../../../local/studio/service-request.ts';

const ARN = 'arn:aws:states:eu-central-1:111122223333';
const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/111122223333/unprocessed';
const SCOPE = {
  facts: {
    name: 'images',
    isLocal: false,
    region: 'eu-central-1',
    originalImagesBucket: 'originals',
    resizedImagesBucket: 'resized',
    resizeImageStateMachineArn: `${ARN}:stateMachine:Image`,
    resizeUploadStateMachineArn: `${ARN}:stateMachine:Upload`,
    unprocessedUploadsQueueUrl: QUEUE,
    processImageUrl: 'https://api.example/prod/process-image',
    apiAuth: 'AWS_IAM',
    acceptHeic: false,
  },
  logGroups: ['/aws/vendedlogs/states/images-resize-upload'],
} as const;

const read = (service: JsonService, target: string, body: unknown) =>
  readServiceRequest(SCOPE, service, target, typeof body === 'string' ? body : JSON.stringify(body));

describe('A call of the studio to a service', () => {
  for (const [service, target, body] of [
    [
      'states',
      'AWSStepFunctions.ListExecutions',
      { stateMachineArn: `${ARN}:stateMachine:Image`, maxResults: 9 },
    ],
    [
      'states',
      'AWSStepFunctions.StartExecution',
      { stateMachineArn: `${ARN}:stateMachine:Upload`, input: '{}' },
    ],
    ['states', 'AWSStepFunctions.GetExecutionHistory', { executionArn: `${ARN}:execution:Image:one` }],
    ['states', 'AWSStepFunctions.DescribeMapRun', { mapRunArn: `${ARN}:mapRun:Image/Label:one` }],
    ['sqs', 'AmazonSQS.ReceiveMessage', { QueueUrl: QUEUE }],
    [
      'logs',
      'Logs_20140328.FilterLogEvents',
      { logGroupName: '/aws/vendedlogs/states/images-resize-upload' },
    ],
  ] as const)
    it(`passes as it is with ${target} on what belongs to the stack`, () => {
      expect(JSON.parse(read(service, target, body))).to.deep.equal(body);
    });

  for (const [what, service, target, body] of [
    [
      'an operation that changes the machine',
      'states',
      'AWSStepFunctions.UpdateStateMachine',
      { stateMachineArn: `${ARN}:stateMachine:Image` },
    ],
    ['an operation that every object has', 'states', 'AWSStepFunctions.toString', {}],
    ['an operation of another service', 'states', 'AmazonSQS.ReceiveMessage', { QueueUrl: QUEUE }],
    [
      'another machine',
      'states',
      'AWSStepFunctions.ListExecutions',
      { stateMachineArn: `${ARN}:stateMachine:Images` },
    ],
    [
      'an execution of a machine whose name only begins so',
      'states',
      'AWSStepFunctions.StopExecution',
      { executionArn: `${ARN}:execution:Images:one` },
    ],
    [
      'a Map Run of another machine',
      'states',
      'AWSStepFunctions.DescribeMapRun',
      { mapRunArn: `${ARN}:mapRun:Images/Label:one` },
    ],
    [
      'a Map Run in place of the machine',
      'states',
      'AWSStepFunctions.ListExecutions',
      { mapRunArn: `${ARN}:mapRun:Image/Label:one` },
    ],
    [
      'a Map Run besides the machine',
      'states',
      'AWSStepFunctions.ListExecutions',
      { stateMachineArn: `${ARN}:stateMachine:Image`, mapRunArn: `${ARN}:mapRun:Other/Label:one` },
    ],
    ['another queue', 'sqs', 'AmazonSQS.ReceiveMessage', { QueueUrl: `${QUEUE}-of-others` }],
    ['a message to send', 'sqs', 'AmazonSQS.SendMessage', { QueueUrl: QUEUE, MessageBody: '{}' }],
    [
      'the log of another group',
      'logs',
      'Logs_20140328.FilterLogEvents',
      { logGroupName: '/aws/lambda/other' },
    ],
    [
      'another log group besides its own',
      'logs',
      'Logs_20140328.FilterLogEvents',
      { logGroupName: SCOPE.logGroups[0], logGroupIdentifier: '/aws/lambda/other' },
    ],
    ['a list of queues', 'sqs', 'AmazonSQS.ReceiveMessage', { QueueUrl: [QUEUE] }],
  ] as const)
    it(`is refused with ${what}`, () => {
      expect(() => read(service, target, body))
        .to.throw()
        .with.property('status', 403);
    });

  for (const body of ['', 'null', '[]', '{"QueueUrl":'])
    it(`is refused with the body "${body}", which is no JSON object`, () => {
      expect(() => read('sqs', 'AmazonSQS.ReceiveMessage', body))
        .to.throw()
        .with.property('status', 400);
    });

  it('is written again, so that the service reads the same name as the check', () => {
    const twice = `{"QueueUrl":"https://sqs.example/other","QueueUrl":"${QUEUE}"}`;
    expect(read('sqs', 'AmazonSQS.ReceiveMessage', twice)).to.equal(JSON.stringify({ QueueUrl: QUEUE }));
  });
});

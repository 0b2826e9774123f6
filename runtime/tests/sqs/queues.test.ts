import { expect } from 'chai';
import { queuesOf } from '../../sqs/index.ts';
import { expectRefusal, readFixture } from '../support/template-file.ts';

describe('The queues of a template', () => {
  it('queues have ARNs and time-outs, with the defaults of SQS', () => {
    expect(queuesOf(readFixture())).to.deep.equal([
      {
        logicalId: 'UnrenderedNotesQueue',
        arn: 'arn:aws:sqs:us-east-1:000000000000:UnrenderedNotesQueue',
        messageRetentionSeconds: 1_209_600,
        visibilityTimeoutSeconds: 30,
      },
    ]);
  });

  for (const [what, from, to, message] of [
    [
      'a property that is not supported',
      '      SqsManagedSseEnabled: true',
      '      FifoQueue: true',
      /: FifoQueue is not supported here for /,
    ],
    [
      'a retention longer than that of SQS',
      '      MessageRetentionPeriod: 1209600',
      '      MessageRetentionPeriod: 1209601',
      /expected a whole number from 60 to 1209600/,
    ],
    [
      'an unknown property of its policy',
      '      Queues: [!Ref UnrenderedNotesQueue]',
      '      Queues: [!Ref UnrenderedNotesQueue]\n      Nonsense: 1',
      /: Nonsense is not supported here for /,
    ],
    [
      'a policy that denies more than requests without TLS',
      '            Action: sqs:*\n            Resource: !GetAtt UnrenderedNotesQueue.Arn\n            Condition: *withoutTls',
      '            Action: sqs:*\n            Resource: !GetAtt UnrenderedNotesQueue.Arn',
      /expected a map for .*Condition/,
    ],
  ] as const)
    it(`a queue with ${what} is refused by file and line`, () => expectRefusal(queuesOf, from, to, message));
});

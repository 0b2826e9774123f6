import { expect } from 'chai';
import { rulesOf } from '../../event-bridge/index.ts';
import { changedFixture, expectRefusal, readFixture, readTemplateAt } from '../support/template-file.ts';

describe('The rules of a template', () => {
  it('rules start state machines with roles of their own, and send dead letters to the queue', () => {
    const rule = {
      stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:NoteSavedStateMachine',
      deadLetterQueueArn: 'arn:aws:sqs:us-east-1:000000000000:UnrenderedNotesQueue',
    };
    expect(rulesOf(readFixture()).map(({ pattern, ...rest }) => rest)).to.deep.equal([
      {
        logicalId: 'NoteSavedStateMachineNoteSaved',
        role: 'NoteSavedStateMachineNoteSavedRole',
        ...rule,
      },
      {
        logicalId: 'NoteSavedStateMachineNoteRemoved',
        role: 'NoteSavedStateMachineNoteRemovedRole',
        ...rule,
      },
    ]);
  });

  it('the event pattern of a rule has its references resolved', () => {
    const patternFor = (overrides: Record<string, string>) => rulesOf(readFixture(overrides))[0]?.pattern.raw;
    for (const [overrides, bucket] of [
      [{}, 'local-notesbucket'],
      [{ ExistingNotesBucket: 'mine' }, 'mine'],
    ] as const)
      expect(patternFor(overrides)).to.deep.equal({
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: [bucket] }, object: { key: [{ prefix: 'notes/' }] } },
      });
  });

  it('a rule whose State is DISABLED is not included', () => {
    expect(rulesOf(readFixture({ RemovePages: 'false' })).map(({ logicalId }) => logicalId)).to.deep.equal([
      'NoteSavedStateMachineNoteSaved',
    ]);
  });

  it('a rule may have an Input, and a RetryPolicy within the limits of EventBridge', () => {
    const more = `            Input: '{"note": 1}'
            RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 60 }
            DeadLetterConfig:`;
    const [rule] = rulesOf(readTemplateAt(changedFixture('            DeadLetterConfig:', more)));
    expect(rule?.input).to.equal('{"note": 1}');
  });

  for (const [what, from, to, message] of [
    [
      'an InputPath',
      '            DeadLetterConfig:',
      '            InputPath: $.detail\n            DeadLetterConfig:',
      /: InputPath is not supported here for /,
    ],
    [
      'another kind of event beside it',
      '          Type: Api',
      '          Type: Schedule',
      /expected one of Api, EventBridgeRule .* found "Schedule"/,
    ],
    [
      'a dead-letter queue without a policy for EventBridge',
      'Service: events.amazonaws.com',
      'Service: sns.amazonaws.com',
      /lets events\.amazonaws\.com call sqs:SendMessage/,
    ],
    [
      "a dead-letter queue whose policy's condition leaves a rule out",
      '                  - !GetAtt NoteSavedStateMachineNoteRemoved.Arn\n',
      '',
      /lets events\.amazonaws\.com call sqs:SendMessage for NoteSavedStateMachineNoteRemoved for .* found none that does/,
    ],
    [
      'a condition of a queue policy that is not supported',
      '              ArnEquals:\n                aws:SourceArn:',
      '              ArnNotEquals:\n                aws:SourceArn:',
      /: ArnNotEquals is not supported here for /,
    ],
    [
      'a dead-letter queue whose policy is attached to another queue',
      '      Queues: [!Ref UnrenderedNotesQueue]',
      '      Queues: [https://sqs.us-east-1.amazonaws.com/000000000000/Other]',
      /found none that does/,
    ],
    [
      'an Input that is not JSON',
      '            DeadLetterConfig:',
      '            Input: no JSON\n            DeadLetterConfig:',
      /expected JSON text .* found "no JSON"/,
    ],
    [
      'more attempts than EventBridge makes',
      '            DeadLetterConfig:',
      '            RetryPolicy: { MaximumRetryAttempts: 186 }\n            DeadLetterConfig:',
      /expected a whole number from 0 to 185/,
    ],
    [
      'a shorter event age than EventBridge accepts',
      '            DeadLetterConfig:',
      '            RetryPolicy: { MaximumEventAgeInSeconds: 59 }\n            DeadLetterConfig:',
      /expected a whole number from 60 to 86400/,
    ],
  ] as const)
    it(`a rule with ${what} is refused by file and line`, () => expectRefusal(rulesOf, from, to, message));
});

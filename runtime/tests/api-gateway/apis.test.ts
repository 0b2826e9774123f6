import { expect } from 'chai';
import { apisOf } from '../../api-gateway/index.ts';
import { expectRefusal, readFixture } from '../support/template-file.ts';

describe('APIs of a template', () => {
  it('an API has a stage with its variables', () => {
    expect(
      apisOf(readFixture()).map(({ logicalId, stageName, stageVariables }) => ({
        logicalId,
        stageName,
        stageVariables,
      })),
    ).to.deep.equal([{ logicalId: 'NotesApi', stageName: 'v1', stageVariables: { colour: 'blue' } }]);
  });

  for (const [what, from, to, message] of [
    [
      'a second API',
      '  UnrenderedNotesQueuePolicy:',
      '  Other:\n    Type: AWS::Serverless::Api\n    Properties: { StageName: other }\n  UnrenderedNotesQueuePolicy:',
      /expected one AWS::Serverless::Api, .* found a second/,
    ],
    [
      "SAM's own Auth",
      '      AlwaysDeploy: true',
      '      Auth: {}\n      AlwaysDeploy: true',
      /: Auth is not supported here for /,
    ],
    [
      'a MethodSettings entry for some of the methods',
      '        - ResourcePath: /*',
      '        - ResourcePath: /renderings',
      /expected \/\* .* found "\/renderings"/,
    ],
  ] as const)
    it(`${what} is refused by file and line`, () => expectRefusal(apisOf, from, to, message));
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of ASL files look like JavaScript's.

import { writeTemplate } from './template-file.ts';

const TEMPLATE = `Transform: AWS::Serverless-2016-10-31
Resources:
  Letters:
    Type: AWS::S3::Bucket
    Properties: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } }
  Answer:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [answer.ts] } }
    Properties: { CodeUri: ., Handler: answer.handler, Runtime: nodejs24.x, Environment: { Variables: { SENDER: nobody } } }
  Correspondence:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: correspondence.asl.json
      DefinitionSubstitutions: { Answer: !GetAtt Answer.Arn }
      Policies: [{ Statement: { Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Answer.Arn } }]
      Events:
        LetterArrived:
          Type: EventBridgeRule
          Properties: { Pattern: { source: [aws.s3], detail: { bucket: { name: [!Ref Letters] } } } }
Outputs:
  CorrespondenceArn: { Value: !Ref Correspondence }
`;

const HANDLER = `export const handler = async (event: { detail: { object: { key: string } } }) => ({
  answer: \`\${process.env.SENDER} thanks for \${event.detail.object.key}\`,
});
`;

const DEFINITION = JSON.stringify({
  StartAt: 'Answer',
  States: { Answer: { Type: 'Task', Resource: '${Answer}', End: true } },
});

/**
 * Writes a whole service into an empty folder: a bucket whose uploads start a state machine that invokes a function.
 * @param changes what to write in place of texts of the template.
 * @returns the template's path.
 */
export function writeSmallService(changes: Readonly<Record<string, string>> = {}): string {
  const text = Object.entries(changes).reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`expected ${from} in the template, found none`);
    return before.replace(from, () => to);
  }, TEMPLATE);
  return writeTemplate(text, { 'answer.ts': HANDLER, 'correspondence.asl.json': DEFINITION });
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of !Sub look like JavaScript's.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Runtime, startRuntime } from '../../index.ts';
import { writeTemplate } from '../support/template-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The folder of modules that contains the SDK, which Lambda's runtime brings. */
const MODULES = join(dirname(fileURLToPath(import.meta.resolve('yaml/package.json'))), '..');

const TEMPLATE = `Transform: AWS::Serverless-2016-10-31
Parameters:
  HasDrafts: { Type: String, Default: 'false', AllowedValues: ['true', 'false'] }
Conditions:
  KeepsDrafts: !Equals [!Ref HasDrafts, 'true']
Resources:
  Notes: { Type: AWS::S3::Bucket }
  Read:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [notes.ts], External: ['@aws-sdk/client-s3'] } }
    Properties:
      CodeUri: .
      Handler: notes.read
      Runtime: nodejs24.x
      AutoPublishAlias: live
      Policies: { Statement: [{ Effect: Allow, Action: ['s3:GetObject', 's3:ListBucket'], Resource: '*' }] }
  Draft:
    Type: AWS::Serverless::Function
    Condition: KeepsDrafts
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [notes.ts], External: ['@aws-sdk/client-s3'] } }
    Properties:
      CodeUri: .
      Handler: notes.draft
      Runtime: nodejs24.x
      Role: !GetAtt DraftRole.Arn
      LoggingConfig: { LogGroup: !Ref DraftLogGroup }
  DraftLogGroup:
    Type: AWS::Logs::LogGroup
    Condition: KeepsDrafts
  DraftRole:
    Type: AWS::IAM::Role
    Condition: KeepsDrafts
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
      Policies:
        - PolicyName: WriteDrafts
          PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:PutObject, Resource: !Sub '\${Notes.Arn}/drafts/*' }] }
  InvokeRole:
    Type: AWS::IAM::Role
    Condition: KeepsDrafts
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: apigateway.amazonaws.com }, Action: sts:AssumeRole }]
      Policies:
        - PolicyName: Invoke
          PolicyDocument: { Statement: [{ Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Draft.Arn }] }
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      DefinitionBody:
        openapi: 3.0.1
        info: { title: Notes, version: '1' }
        paths:
          /drafts:
            post: !If
              - KeepsDrafts
              - responses: {}
                x-amazon-apigateway-integration:
                  type: aws_proxy
                  httpMethod: POST
                  uri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\${Draft.Arn}/invocations
                  credentials: !GetAtt InvokeRole.Arn
              - !Ref AWS::NoValue
`;

/** A function that makes the call that the request names, and answers its status and error. */
const HANDLER = `import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client({ forcePathStyle: true });
const Bucket = 'local-notes';

export const read = async () => undefined;

export async function draft({ body }: { body: string }) {
  const { call, Key } = JSON.parse(body);
  const command = {
    put: () => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'text' })),
    get: () => s3.send(new GetObjectCommand({ Bucket, Key })),
    list: () => s3.send(new ListObjectsV2Command({ Bucket })),
  }[call as 'put' | 'get' | 'list'];
  try {
    await command();
    return { statusCode: 200 };
  } catch (error) {
    return { statusCode: 403, body: String(error) };
  }
}
`;

function useRuntime(HasDrafts: string) {
  let runtime: Runtime | undefined;
  before(async () => {
    runtime = await startRuntime({
      templateFile: writeTemplate(TEMPLATE, { 'notes.ts': HANDLER }),
      dataDirectory: temporaryFolder('own-role'),
      port: 0,
      s3Port: 0,
      parameterOverrides: { HasDrafts },
      layerDirectory: MODULES,
      apiKey: 'key',
      warn: () => {},
    });
  });
  after(() => runtime?.stop());
  return (call: object) => fetch(`${runtime?.apiUrl}/drafts`, { method: 'POST', body: JSON.stringify(call) });
}

describe('A second function with a condition, a role and a log group of its own', () => {
  const draft = useRuntime('true');

  it('the function may do what its own role allows', async () => {
    expect((await draft({ call: 'put', Key: 'drafts/one.md' })).status).to.equal(200);
  });

  for (const [call, action] of [
    [{ call: 'put', Key: 'one.md' }, 's3:PutObject'],
    [{ call: 'get', Key: 'drafts/one.md' }, 's3:GetObject'],
    [{ call: 'list' }, 's3:ListBucket'],
  ] as const)
    it(`the function may not do what only the role of the first function allows: ${JSON.stringify(call)}`, async () => {
      const answer = await draft(call);
      expect(answer.status).to.equal(403);
      expect(await answer.text()).to.match(
        new RegExp(
          `AccessDenied: User: .*assumed-role/DraftRole/local is not authorized to perform: ${action} `,
        ),
      );
    });
});

describe('The same template while the condition is false', () => {
  const draft = useRuntime('false');

  it('the API has no such method', async () => {
    const answer = await draft({});
    expect(answer.status).to.equal(403);
    expect(await answer.json()).to.deep.equal({ message: 'Missing Authentication Token' });
  });
});

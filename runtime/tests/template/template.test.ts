import { expect } from 'chai';
import { TemplateError } from '../../template/index.ts';
import { FIXTURE, lineOf, read, readFixture } from '../support/template-file.ts';

describe('Templates (AWS: Template anatomy)', () => {
  for (const [what, text, message] of [
    [
      'the section Globals',
      'Globals: {}\nResources: {}',
      /^template\.yaml:1: expected a section .* found Globals/,
    ],
    [
      'another transform than that of SAM',
      'Transform: AWS::LanguageExtensions\nResources: {}',
      /found "AWS::LanguageExtensions"/,
    ],
    [
      'an attribute of a resource that is not supported',
      'Resources:\n  B:\n    Type: AWS::S3::Bucket\n    CreationPolicy: {}',
      /^template\.yaml:4: .*found CreationPolicy/,
    ],
    [
      'a key that stands twice',
      'Resources:\n  B: { Type: AWS::S3::Bucket }\n  B: { Type: AWS::S3::Bucket }',
      /^template\.yaml:3: expected YAML, found Map keys must be unique/,
    ],
    [
      'an alias without an anchor',
      'Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: *nobody',
      /^template\.yaml:4: expected an anchor above it, found \*nobody/,
    ],
    [
      'an Or of one condition',
      'Conditions:\n  A: !Or [!Equals [a, a]]\nResources: { B: { Type: AWS::S3::Bucket, Condition: A } }',
      /^template\.yaml:2: expected 2 to 10 conditions for Fn::Or, found 1/,
    ],
    [
      'a condition that depends on itself',
      'Conditions:\n  A: !Not [!Condition A]\nResources: { B: { Type: AWS::S3::Bucket, Condition: A } }',
      /^template\.yaml:2: .* found a circle/,
    ],
    [
      'a DependsOn that names no resource',
      'Resources:\n  B:\n    Type: AWS::S3::Bucket\n    DependsOn: Nobody',
      /^template\.yaml:4: expected a resource of this template for Resources\.B\.DependsOn, found "Nobody"/,
    ],
    ['no content', '', /^template\.yaml:1: expected a map of sections/],
    [
      'an AllowedPattern that only Java understands',
      "Parameters:\n  P: { Type: String, Default: a, AllowedPattern: '(?i)A' }\nResources: {}",
      /^template\.yaml:2: expected an AllowedPattern that is one of JavaScript's too for parameter P, found \(\?i\)A/,
    ],
    ['text that is not YAML', 'Resources: [', /^template\.yaml:1: expected YAML/],
  ] as const)
    it(`a template with ${what} is refused by file and line`, () => {
      expect(() => read(text)).to.throw(TemplateError, message);
    });

  it('a template with wrong parameters is refused, and the message names all mistakes at once', () => {
    const overrides = {
      ApiAuth: 'ANYBODY',
      MemorySize: '64',
      ToleratedFailurePercentage: '5',
      Typo: '1',
      NotesPerBatch: 'ten',
    };
    expect(() => readFixture(overrides))
      .to.throw(TemplateError)
      .with.property('message')
      .that.satisfies((message: string) =>
        [
          /one of AWS_IAM, API_KEY, NONE for parameter ApiAuth, found "ANYBODY"/,
          /at least 128 for parameter MemorySize, found "64"/,
          /for parameter ToleratedFailurePercentage, found "5"/,
          /one of the parameters ApiAuth, .* found Typo/,
          /a number for parameter NotesPerBatch, found "ten"/,
        ].every((mistake) => mistake.test(message)),
      );
  });

  it('the line of any value is known, whatever intrinsic function the value came through', () => {
    const template = readFixture();
    const body = ['Resources', 'NotesApi', 'Properties', 'DefinitionBody'];
    expect(template.lineOf(body)).to.equal(lineOf(FIXTURE, 'DefinitionBody:'));
    expect(
      template.lineOf([...body, 'paths', '/renderings', 'post', 'x-amazon-apigateway-integration', 'uri']),
    ).to.equal(lineOf(FIXTURE, 'states:action/StartExecution'));
    expect(template.lineOf([...body, 'no', 'such', 'path'])).to.equal(lineOf(FIXTURE, 'DefinitionBody:'));
  });

  it('a template has the outputs whose conditions are true', () => {
    const key = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd';
    const outputs = {
      NotesUrl: 'https://local.execute-api.us-east-1.amazonaws.com/v1/renderings',
      NotesBucketName: 'local-notesbucket',
      RenderNotesStateMachineArn:
        'arn:aws:states:us-east-1:000000000000:stateMachine:RenderNotesStateMachine',
      AlarmTopicArn: 'arn:aws:sns:us-east-1:000000000000:AlarmTopic',
    };
    expect(readFixture().outputs).to.deep.equal(outputs);
    expect(readFixture({ KmsKeyArn: key }).outputs).to.deep.equal({ ...outputs, KmsKeyArn: key });
  });

  it('parameterDefaults replace the defaults of the template, and overrides replace both', () => {
    expect(readFixture({}, { ApiAuth: 'NONE', Nobody: '1' }).parameters).to.include({ ApiAuth: 'NONE' });
    expect(readFixture({ ApiAuth: 'API_KEY' }, { ApiAuth: 'NONE' }).parameters).to.include({
      ApiAuth: 'API_KEY',
    });
  });
});

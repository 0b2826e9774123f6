import { expect } from 'chai';
import { TemplateError } from '../../template/index.ts';
import { FIXTURE, lineOf, read, readFixture } from '../support/template-file.ts';

describe('Templates (AWS: Template anatomy)', () => {
  for (const [what, text, message] of [
    [
      'a section that CloudFormation does not have',
      'Global: {}\nResources: {}',
      /^template\.yaml:1: expected a section .* found Global$/,
    ],
    [
      'another transform than that of SAM',
      'Transform: AWS::LanguageExtensions\nResources: {}',
      /found "AWS::LanguageExtensions"/,
    ],
    [
      'a transform that is not supported in a list',
      'Resources: {}\nTransform: [AWS::Serverless-2016-10-31, MyMacro]',
      /^template\.yaml:2: expected AWS::Serverless-2016-10-31, or a list .* found a list of 2/,
    ],
    [
      'a loop over resources',
      'Resources:\n  B: { Type: AWS::S3::Bucket }\n  Fn::ForEach::Buckets: [Name, [A], {}]',
      /^template\.yaml:3: .* Fn::ForEach is not run here, found Fn::ForEach::Buckets$/,
    ],
    [
      'a loop over outputs',
      'Resources: {}\nOutputs:\n  Fn::ForEach::Names: [Name, [A], {}]',
      /^template\.yaml:3: .* Fn::ForEach is not run here, found Fn::ForEach::Names$/,
    ],
    [
      'an output that refers to a resource that does not exist',
      'Resources: {}\nOutputs:\n  A: { Value: !Ref Nobody }',
      /^template\.yaml:3: expected the name of a parameter or of a resource .* found Nobody$/,
    ],
    [
      'a parameter of a type that CloudFormation does not have',
      'Parameters:\n  P: { Type: Text, Default: a }\nResources: {}',
      /^template\.yaml:2: expected a Type of CloudFormation for parameter P, found "Text"$/,
    ],
    [
      'an attribute of a resource that is not supported',
      'Resources:\n  B:\n    Type: AWS::S3::Bucket\n    CreationPolicy: {}',
      /^template\.yaml:4: CreationPolicy is not supported here for Resources\.B; /,
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

  it('what an output contains and is not evaluated here is made up, and madeUpValues names it', () => {
    const template = read(`Parameters: { Vpc: { Type: AWS::EC2::VPC::Id } }
Conditions: { HasVpc: !Not [!Equals [!Ref Vpc, '']] }
Resources: { Site: { Type: AWS::S3::Bucket } }
Outputs:
  Url: { Value: !GetAtt Site.WebsiteURL }
  Data: { Value: !Base64 data }
  Zone: { Value: !Select [0, !GetAZs ''] }
  Network: { Value: !Ref Vpc, Condition: HasVpc }
  Name: { Value: !Ref Site }`);
    expect(template.madeUpValues).to.deep.equal([
      { reference: 'Site.WebsiteURL', usedBy: 'Url' },
      { reference: 'Fn::Base64', usedBy: 'Data' },
      { reference: 'Fn::GetAZs', usedBy: 'Zone' },
      { reference: 'Vpc', usedBy: 'Network' },
    ]);
    expect(template.outputs).to.include({ Name: 'local-site', Zone: 'made-up' });
    expect(template.outputs).to.have.keys('Url', 'Data', 'Zone', 'Network', 'Name');
  });

  it('the sections Rules and Hooks are named as not checked, with their lines', () => {
    const { leftOut } = read('Resources: {}\nRules:\n  R: { Assertions: [] }\nHooks: {}');
    expect(leftOut.map(({ logicalId }) => logicalId)).to.deep.equal(['Rules', 'Hooks']);
    expect(leftOut[0]?.reason).to.match(/^template\.yaml:2: not checked here/);
    expect(leftOut[1]?.reason).to.match(/^template\.yaml:4: not checked here/);
  });

  it("the transform may be a list of SAM's and that of the language extensions", () => {
    for (const list of ['AWS::Serverless-2016-10-31', 'AWS::LanguageExtensions, AWS::Serverless-2016-10-31'])
      expect(read(`Transform: [${list}]\nResources: { B: { Type: AWS::S3::Bucket } }`).resources).to.have.key(
        'B',
      );
  });

  for (const [type, override, value] of [
    ['AWS::SSM::Parameter::Value<String>', 'a', 'a'],
    ['AWS::SSM::Parameter::Value<List<String>>', 'a, b', ['a', 'b']],
    ['AWS::EC2::VPC::Id', 'vpc-1', 'vpc-1'],
    ['List<AWS::EC2::Subnet::Id>', 'a,b', ['a', 'b']],
    ['CommaDelimitedList', 'a,b', ['a', 'b']],
  ] as const)
    it(`a parameter of the type ${type} has a value only if an override gives one`, () => {
      const using = (kind: string) => `Parameters: { P: { Type: '${type}', Default: some } }
Resources:
  R:
    Type: ${kind}
    Properties:
      Value: !Ref P`;
      expect(read(using('AWS::SNS::Topic')).leftOut).to.have.length(1);
      expect(() => read(using('AWS::S3::Bucket'))).to.throw(
        TemplateError,
        /^template\.yaml:6: expected an override of the parameter P, .* found none$/,
      );
      const { resources, parameters } = read(using('AWS::S3::Bucket'), { P: override });
      expect(resources.get('R')?.properties.Value).to.deep.equal(value);
      expect(parameters).to.deep.equal({ P: String(value) });
    });

  it('parameterDefaults replace the defaults of the template, and overrides replace both', () => {
    expect(readFixture({}, { ApiAuth: 'NONE', Nobody: '1' }).parameters).to.include({ ApiAuth: 'NONE' });
    expect(readFixture({ ApiAuth: 'API_KEY' }, { ApiAuth: 'NONE' }).parameters).to.include({
      ApiAuth: 'API_KEY',
    });
  });
});

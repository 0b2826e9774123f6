// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.

import { expect } from 'chai';
import { TemplateError } from '../../template/index.ts';
import { read } from '../support/template-file.ts';

/** The value of an expression in a property of a resource that the runtime runs; the expression stands in line 8. */
function resolved(expression: string, sections = '', parameters: Record<string, string> = {}): unknown {
  const text = `${sections}\nResources:\n  Bucket: { Type: AWS::S3::Bucket }\n  Queue: { Type: AWS::SQS::Queue }\n  Other:\n    Type: AWS::S3::Bucket\n    Properties:\n      Value: ${expression}\n`;
  return read(text, parameters).resources.get('Other')?.properties.Value;
}

const CONDITIONS = `
Parameters: { Size: { Type: String, Default: big } }
Conditions:
  IsBig: !Equals [!Ref Size, big]
  IsSmall: !Not [!Condition IsBig]
  IsAny: !Or [!Condition IsBig, { Condition: IsSmall }]
  IsBoth: !And [!Condition IsBig, !Condition IsSmall]`;

describe('Intrinsic functions (AWS: Intrinsic function reference)', () => {
  for (const [expression, value] of [
    ['!Ref Bucket', 'local-bucket'],
    ['!Ref Queue', 'http://127.0.0.1:3000/000000000000/Queue'],
    ['!GetAtt Queue.Arn', 'arn:aws:sqs:us-east-1:000000000000:Queue'],
    ['!GetAtt Queue.QueueName', 'Queue'],
    ['!GetAtt [Bucket, Arn]', 'arn:aws:s3:::local-bucket'],
    ['{ Fn::GetAtt: [Bucket, Arn] }', 'arn:aws:s3:::local-bucket'],
    ['!Sub "${AWS::Partition} ${AWS::Region} ${AWS::AccountId}"', 'aws us-east-1 000000000000'],
    ['!Sub "${AWS::StackName}.${AWS::URLSuffix}"', 'local.amazonaws.com'],
    ['!Sub "${Bucket.Arn}/input/*"', 'arn:aws:s3:::local-bucket/input/*'],
    ['!Sub "${!Left} ${Bucket}"', '${Left} local-bucket'],
    ['!Sub ["${Mine} ${Bucket}", { Mine: !Ref AWS::Region }]', 'us-east-1 local-bucket'],
    ['!Join ["-", [a, !Ref Bucket]]', 'a-local-bucket'],
    ['!Select [1, [a, b]]', 'b'],
    ['!Select [1, !Split [":", "a:b"]]', 'b'],
    ['[a, !Ref AWS::NoValue, b]', ['a', 'b']],
    ['{ a: 1, b: !Ref AWS::NoValue }', { a: 1 }],
    ['{ a: &anchor [1, !Ref Bucket], b: *anchor }', { a: [1, 'local-bucket'], b: [1, 'local-bucket'] }],
    // SAM reads with PyYAML, which is YAML 1.1.
    ["['OFF', off, yes, n, .]", ['OFF', false, true, 'n', '.']],
    ['{ x: 1, y: 2, Y: 3, n: 4, N: 5 }', { x: 1, y: 2, Y: 3, n: 4, N: 5 }],
    ['{ yes: 1, off: 2, 3: 4 }', { true: 1, false: 2, 3: 4 }],
  ] as const)
    it(`${expression} gives ${JSON.stringify(value)}`, () => {
      expect(resolved(expression)).to.deep.equal(value);
    });

  it('conditions are evaluated from Equals, Not, And, Or and other conditions, and If chooses by them', () => {
    for (const [size, values] of [
      ['big', [1, 0, 1, 0]],
      ['small', [0, 1, 1, 0]],
    ] as const)
      for (const [index, name] of ['IsBig', 'IsSmall', 'IsAny', 'IsBoth'].entries())
        expect(resolved(`!If [${name}, 1, 0]`, CONDITIONS, { Size: size })).to.equal(values[index]);
  });

  it('FindInMap finds a value of the Mappings section', () => {
    expect(
      resolved('!FindInMap [Sizes, !Ref AWS::Region, big]', 'Mappings: { Sizes: { us-east-1: { big: 9 } } }'),
    ).to.equal(9);
  });

  it('the alias and the version of a function have the ARNs that SAM gives them', () => {
    const text = `Resources:
  F: { Type: AWS::Serverless::Function, Metadata: { BuildMethod: esbuild }, Properties: { AutoPublishAlias: live } }
Outputs:
  Alias: { Value: !Ref F.Alias }
  Version: { Value: !Ref F.Version }
  Both: { Value: !Sub '\${F.Alias} \${F.Version}' }`;
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:F';
    expect(read(text).outputs).to.deep.equal({
      Alias: `${arn}:live`,
      Version: `${arn}:1`,
      Both: `${arn}:live ${arn}:1`,
    });
  });

  it('a resource or an output whose condition is false does not exist', () => {
    const text = `${CONDITIONS}
Resources:
  Kept: { Type: AWS::S3::Bucket, Condition: IsBig }
  Gone: { Type: AWS::S3::Bucket, Condition: IsSmall }
Outputs:
  Kept: { Value: !Ref Kept, Condition: IsBig }
  Gone: { Value: !Ref Gone, Condition: IsSmall }`;
    const template = read(text);
    expect([...template.resources.keys()]).to.deep.equal(['Kept']);
    expect(template.outputs).to.deep.equal({ Kept: 'local-kept' });
  });

  for (const [expression, found] of [
    ['!Ref Nobody', 'Nobody'],
    ['!Sub "${Nobody}"', 'Nobody'],
    ['!GetAtt Nobody.Arn', 'Nobody'],
    ['!GetAtt Bucket.WebsiteURL', 'WebsiteURL'],
    ['!ImportValue x', 'Fn::ImportValue'],
    ['!Base64 x', 'Fn::Base64'],
    ['{ Fn::Cidr: [a, 1, 2] }', 'Fn::Cidr'],
    ['{ "Fn::ForEach::Names": [Name, [a], {}] }', 'Fn::ForEach::Names'],
    ['{ "Fn::ForEach::Names": [Name, [a], {}], b: 1 }', 'Fn::ForEach::Names'],
    ['!Nonsense x', '!Nonsense'],
    ['{ "<<": { a: 1 } }', '<<'],
    ['!If [Nobody, 1, 2]', 'Nobody'],
    ['!Select [2, [a, b]]', '2'],
    ['2012-10-17', 'a bare date'],
    ['{ 2012-10-17: a }', 'a bare date'],
    ['!Join [",", !Ref Bucket]', '"local-bucket"'],
    ['!Sub "{{resolve:ssm:/${AWS::StackName}}}"', '{{resolve:ssm:/${AWS::StackName}}'],
    ["'{{resolve:secretsmanager:x}}'", '{{resolve:secretsmanager:x}}'],
  ] as const)
    it(`${expression} in a resource that runs is refused by file and line`, () => {
      expect(() => resolved(expression))
        .to.throw(TemplateError, /^template\.yaml:8: expected .*, found /)
        .with.property('message')
        .that.includes(`found ${found}`);
    });
});

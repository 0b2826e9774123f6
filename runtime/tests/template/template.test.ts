// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's, ASL's and Velocity's placeholders look like JavaScript's.

import { expect } from 'chai';
import {
  changedReal,
  lineOf,
  queueUrl,
  read,
  readReal,
  writeTemplate,
} from '../../../tests/support/template-file.ts';
import {
  apisOf,
  bucketsOf,
  functionsOf,
  queuesOf,
  readTemplate,
  stateMachinesOf,
  type Template,
  TemplateError,
} from '../../template/template.ts';

/** What an expression comes to, as a function's environment variable would. */
function resolved(expression: string, sections = '', parameters: Record<string, string> = {}): unknown {
  const text = `${sections}\nResources:\n  Bucket: { Type: AWS::S3::Bucket }\n  Queue: { Type: AWS::SQS::Queue }\n  Board:\n    Type: AWS::CloudWatch::Dashboard\n    Properties:\n      Value: ${expression}\n`;
  return read(text, parameters).resources.get('Board')?.properties.Value;
}

const CONDITIONS = `
Parameters: { Size: { Type: String, Default: big } }
Conditions:
  IsBig: !Equals [!Ref Size, big]
  IsSmall: !Not [!Condition IsBig]
  IsAny: !Or [!Condition IsBig, { Condition: IsSmall }]
  IsBoth: !And [!Condition IsBig, !Condition IsSmall]`;

describe('Reading a template', () => {
  describe('carries out', () => {
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
      // YAML 1.1 as PyYAML reads it: SAM does.
      ["['OFF', off, yes, n, .]", ['OFF', false, true, 'n', '.']],
    ] as const)
      it(expression, () => {
        expect(resolved(expression)).to.deep.equal(value);
      });

    it('conditions: Equals, Not, And, Or, Condition, If', () => {
      for (const [size, values] of [
        ['big', [1, 0, 1, 0]],
        ['small', [0, 1, 1, 0]],
      ] as const)
        for (const [index, name] of ['IsBig', 'IsSmall', 'IsAny', 'IsBoth'].entries())
          expect(resolved(`!If [${name}, 1, 0]`, CONDITIONS, { Size: size })).to.equal(values[index]);
    });

    it('FindInMap', () => {
      expect(
        resolved(
          '!FindInMap [Sizes, !Ref AWS::Region, big]',
          'Mappings: { Sizes: { us-east-1: { big: 9 } } }',
        ),
      ).to.equal(9);
    });

    it('the conditions of resources and outputs: what does not hold is not there', () => {
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
  });

  describe('refuses, by line and name,', () => {
    for (const [expression, found] of [
      ['!Ref Nobody', 'Nobody'],
      ['!Sub "${Nobody}"', 'Nobody'],
      ['!GetAtt Nobody.Arn', 'Nobody'],
      ['!GetAtt Bucket.WebsiteURL', 'WebsiteURL'],
      ['!ImportValue x', '!ImportValue'],
      ['!Base64 x', '!Base64'],
      ['{ Fn::Cidr: [a, 1, 2] }', 'Fn::Cidr'],
      ['{ "<<": { a: 1 } }', '<<'],
      ['!If [Nobody, 1, 2]', 'Nobody'],
      ['!Select [2, [a, b]]', '2'],
      ['2012-10-17', 'a bare date'],
      ['!Join [",", !Ref Bucket]', '"local-bucket"'],
      ['!Sub "{{resolve:ssm:/${AWS::StackName}}}"', '{{resolve:ssm:/${AWS::StackName}}'],
      ["'{{resolve:secretsmanager:x}}'", '{{resolve:secretsmanager:x}}'],
    ] as const)
      it(expression, () => {
        expect(() => resolved(expression))
          .to.throw(TemplateError, /^template\.yaml:8: expected .*, found /)
          .with.property('message')
          .that.includes(`found ${found}`);
      });

    for (const [what, text, message] of [
      [
        'a resource that carries data and is not known',
        'Resources:\n  T:\n    Type: AWS::DynamoDB::Table',
        /^template\.yaml:3: expected .* found "AWS::DynamoDB::Table"/,
      ],
      ['Globals', 'Globals: {}\nResources: {}', /^template\.yaml:1: expected a section .* found Globals/],
      [
        'another transform',
        'Transform: AWS::LanguageExtensions\nResources: {}',
        /found "AWS::LanguageExtensions"/,
      ],
      [
        'an attribute of a resource',
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
        'a condition that asks itself',
        'Conditions:\n  A: !Not [!Condition A]\nResources: { B: { Type: AWS::S3::Bucket, Condition: A } }',
        /^template\.yaml:2: .* found a circle/,
      ],
      [
        'a resource that waits for one that is not there',
        'Resources:\n  B:\n    Type: AWS::S3::Bucket\n    DependsOn: Nobody',
        /^template\.yaml:4: expected a resource of this template for Resources\.B\.DependsOn, found "Nobody"/,
      ],
      ['nothing', '', /^template\.yaml:1: expected a map of sections/],
      [
        "a pattern that is Java's alone",
        "Parameters:\n  P: { Type: String, Default: a, AllowedPattern: '(?i)A' }\nResources: {}",
        /^template\.yaml:2: expected an AllowedPattern that is one of JavaScript's too for parameter P, found \(\?i\)A/,
      ],
      ['what is no YAML', 'Resources: [', /^template\.yaml:1: expected YAML/],
    ] as const)
      it(what, () => {
        expect(() => read(text)).to.throw(TemplateError, message);
      });
  });

  it('checks the parameters, and names all mistakes at once', () => {
    const overrides = {
      ApiAuth: 'ANYBODY',
      MemorySize: '512',
      ToleratedFailurePercentage: '5',
      Typo: '1',
      ImagesPerBatch: 'ten',
    };
    expect(() => readReal(overrides))
      .to.throw(TemplateError)
      .with.property('message')
      .that.satisfies((message: string) =>
        [
          /one of AWS_IAM, API_KEY, NONE for parameter ApiAuth, found "ANYBODY"/,
          /at least 1024 for parameter MemorySize, found "512"/,
          /for parameter ToleratedFailurePercentage, found "5"/,
          /one of the parameters ApiAuth, .* found Typo/,
          /a number for parameter ImagesPerBatch, found "ten"/,
        ].every((mistake) => mistake.test(message)),
      );
  });

  it('tells the line of any value, whatever intrinsic it came through', () => {
    const template = readReal();
    const file = template.file;
    const body = ['Resources', 'ProcessImageApi', 'Properties', 'DefinitionBody'];
    expect(template.lineOf(body)).to.equal(lineOf(file, 'DefinitionBody:'));
    expect(
      template.lineOf([...body, 'paths', '/process-image', 'post', 'x-amazon-apigateway-integration', 'uri']),
    ).to.equal(lineOf(file, 'states:action/StartExecution'));
    expect(template.lineOf([...body, 'no', 'such', 'path'])).to.equal(lineOf(file, 'DefinitionBody:'));
  });
});

describe('The template of this pipeline', () => {
  let template: Template;
  before(() => {
    template = readReal();
  });

  it('has two private buckets, of which the originals send events', () => {
    expect(
      bucketsOf(template).map(({ logicalId, name, sendsEvents }) => ({ logicalId, name, sendsEvents })),
    ).to.deep.equal([
      { logicalId: 'OriginalImagesBucket', name: 'local-originalimagesbucket', sendsEvents: true },
      { logicalId: 'ResizedImagesBucket', name: 'local-resizedimagesbucket', sendsEvents: false },
    ]);
  });

  it("reads what pages in browsers may do with a bucket: where nothing is said, that is the service's to say", () => {
    const rules =
      '\n        CorsRules:\n          - { AllowedOrigins: [https://photos.example.com], AllowedMethods: [PUT], AllowedHeaders: ["*"], MaxAge: 60 }\n';
    const versioning = '      VersioningConfiguration:';
    const file = changedReal(versioning, `      CorsConfiguration:${rules}${versioning}`);
    const [originals, resized] = bucketsOf(readTemplate({ file, parameterOverrides: {}, queueUrl }));
    expect(originals?.corsRules).to.deep.equal([
      {
        allowedOrigins: ['https://photos.example.com'],
        allowedMethods: ['PUT'],
        allowedHeaders: ['*'],
        exposedHeaders: [],
        maxAgeSeconds: 60,
      },
    ]);
    expect(resized?.corsRules).to.equal(undefined);
  });

  it('has one function, built by esbuild with sharp left out', () => {
    const [lambda, another] = functionsOf(template);
    expect(another).to.equal(undefined);
    expect(lambda).to.deep.include({
      logicalId: 'ImageResizeFunction',
      role: 'ImageResizeFunctionRole',
      handler: 'handler.handler',
      codeUri: '.',
      timeoutSeconds: 60,
      memorySizeMb: 1769,
    });
    expect(lambda?.build).to.deep.include({
      entryPoints: ['functions/image-resize/handler.ts'],
      external: ['sharp'],
      target: 'node24',
    });
    expect(lambda?.environment).to.deep.include({
      ORIGINAL_IMAGES_BUCKET: 'local-originalimagesbucket',
      MALLOC_ARENA_MAX: '1',
    });
  });

  it('has an EXPRESS machine that uploads and removals start, and a STANDARD one that nothing but calls start', () => {
    const machines = stateMachinesOf(template).map(({ name, type, role, rules }) => ({
      name,
      type,
      role,
      rules: rules.length,
    }));
    expect(machines).to.deep.equal([
      { name: 'ResizeUploadStateMachine', type: 'EXPRESS', role: 'ResizeUploadStateMachineRole', rules: 2 },
      { name: 'ResizeImageStateMachine', type: 'STANDARD', role: 'ResizeImageStateMachineRole', rules: 0 },
    ]);
  });

  it('has a rule for uploads under input/ whose dead letters go to the queue', () => {
    const [machine] = stateMachinesOf(template);
    const [queue] = queuesOf(template);
    const { pattern, ...rule } = machine?.rules[0] ?? {};
    expect(rule).to.deep.equal({
      logicalId: 'ResizeUploadStateMachineImageUploaded',
      role: 'ResizeUploadStateMachineImageUploadedRole',
      deadLetterQueueArn: queue?.arn,
    });
    expect(pattern?.raw).to.deep.equal({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: ['local-originalimagesbucket'] }, object: { key: [{ prefix: 'input/' }] } },
    });
  });

  it('puts names and numbers into the ASL, and leaves none open', () => {
    const [upload, image] = stateMachinesOf(template);
    expect(upload?.text).to.include(
      '"QueueUrl": "http://127.0.0.1:3000/000000000000/UnprocessedUploadsQueue"',
    );
    expect(image?.text).to.include("States.StringToJson('5.0')");
    for (const machine of [upload, image]) expect(machine?.text).not.to.include('${');
  });

  it('has one API of stage prod, throttled', () => {
    expect(apisOf(template).map(({ stageName, throttling }) => ({ stageName, throttling }))).to.deep.equal([
      { stageName: 'prod', throttling: { requestsPerSecond: 50, burst: 100 } },
    ]);
  });

  it('has the outputs of the design', () => {
    expect(Object.keys(template.outputs)).to.deep.equal([
      'ProcessImageUrl',
      'OriginalImagesBucketName',
      'ResizedImagesBucketName',
      'ResizeImageStateMachineArn',
      'ResizeUploadStateMachineArn',
      'ImageResizeFunctionName',
      'DashboardUrl',
      'AlarmTopicArn',
    ]);
  });

  it('makes the buckets that are brought here too, and names them wherever a bucket is named', () => {
    const brought = readReal({
      ExistingOriginalImagesBucket: 'photos',
      ExistingResizedImagesBucket: 'photos',
    });
    expect(bucketsOf(brought).map(({ name, sendsEvents }) => ({ name, sendsEvents }))).to.deep.equal([
      { name: 'photos', sendsEvents: true },
    ]);
    expect(functionsOf(brought)[0]?.environment).to.include({
      ORIGINAL_IMAGES_BUCKET: 'photos',
      RESIZED_IMAGES_BUCKET: 'photos',
    });
    const machines = stateMachinesOf(brought);
    expect(machines[0]?.rules[0]?.pattern.at('detail').raw).to.have.deep.property('bucket', {
      name: ['photos'],
    });
    expect(machines[1]?.text).to.include('"Bucket": "photos"').and.not.include('imagesbucket"');
    expect(brought.outputs.OriginalImagesBucketName).to.equal('photos');
  });

  it('invokes the function by its alias', () => {
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:ImageResizeFunction:live';
    expect(functionsOf(template)[0]?.arn).to.equal(arn);
    for (const machine of stateMachinesOf(template))
      expect(machine.text.match(/"FunctionName": "[^"]*"/g)).to.satisfy((names: string[]) =>
        names.every((name) => name === `"FunctionName": "${arn}"`),
      );
  });

  it('names what is not run here', () => {
    expect(template.notRunHere)
      .to.include('AWS::CloudWatch::Dashboard')
      .and.not.include('AWS::ApiGateway::ApiKey');
    expect(readReal({ ApiAuth: 'API_KEY' }).notRunHere).to.include('AWS::ApiGateway::ApiKey');
  });
});

describe('A mistake in the pipeline is named by file and line:', () => {
  const readers = { bucketsOf, functionsOf, queuesOf, stateMachinesOf, apisOf };
  for (const [what, from, to, reader, message] of [
    [
      'InputPath on the rule',
      '            DeadLetterConfig:',
      '            InputPath: $.detail\n            DeadLetterConfig:',
      'stateMachinesOf',
      /found InputPath$/,
    ],
    [
      'another kind of event',
      '          Type: Api',
      '          Type: Schedule',
      'stateMachinesOf',
      /expected one of Api, EventBridgeRule .* found "Schedule"/,
    ],
    [
      'a substitution that the ASL does not use',
      '        Partition: !Ref AWS::Partition',
      '        Unused: x\n        Partition: !Ref AWS::Partition',
      'stateMachinesOf',
      /Unused, found none/,
    ],
    [
      'a dead-letter queue without a policy',
      'Service: events.amazonaws.com',
      'Service: sns.amazonaws.com',
      'stateMachinesOf',
      /lets events\.amazonaws\.com call sqs:SendMessage/,
    ],
    [
      "a dead-letter queue whose policy's condition leaves a rule out",
      '                  - !GetAtt ResizeUploadStateMachineImageRemoved.Arn\n',
      '',
      'stateMachinesOf',
      /lets events\.amazonaws\.com call sqs:SendMessage for ResizeUploadStateMachineImageRemoved for .* found none that does/,
    ],
    [
      "a condition of a queue's policy that is not carried out",
      '              ArnEquals:\n                aws:SourceArn:',
      '              ArnNotEquals:\n                aws:SourceArn:',
      'stateMachinesOf',
      /found ArnNotEquals/,
    ],
    [
      'a dead-letter queue whose policy is attached to another',
      '      Queues: [!Ref UnprocessedUploadsQueue]',
      '      Queues: [https://sqs.us-east-1.amazonaws.com/000000000000/Other]',
      'stateMachinesOf',
      /found none that does/,
    ],
    [
      'what no queue policy has',
      '      Queues: [!Ref UnprocessedUploadsQueue]',
      '      Queues: [!Ref UnprocessedUploadsQueue]\n      Nonsense: 1',
      'queuesOf',
      /found Nonsense$/,
    ],
    [
      'a queue whose policy denies more than what comes without TLS',
      '            Action: sqs:*\n            Resource: !GetAtt UnprocessedUploadsQueue.Arn\n            Condition: *withoutTls',
      '            Action: sqs:*\n            Resource: !GetAtt UnprocessedUploadsQueue.Arn',
      'queuesOf',
      /expected a map for .*Condition/,
    ],
    [
      'what a rule gives in place of the event and is no JSON',
      '            DeadLetterConfig:',
      '            Input: no JSON\n            DeadLetterConfig:',
      'stateMachinesOf',
      /expected JSON text .* found "no JSON"/,
    ],
    [
      'more attempts than EventBridge makes',
      '            DeadLetterConfig:',
      '            RetryPolicy: { MaximumRetryAttempts: 186 }\n            DeadLetterConfig:',
      'stateMachinesOf',
      /expected a whole number from 0 to 185/,
    ],
    [
      'an ASL file that is not there',
      'statemachine/resize-upload.asl.json',
      'statemachine/nothing.asl.json',
      'stateMachinesOf',
      /a file that can be read .* found statemachine\/nothing/,
    ],
    [
      'more environment than Lambda takes',
      "          MALLOC_ARENA_MAX: '1'",
      `          MALLOC_ARENA_MAX: '${'1'.repeat(4096)}'`,
      'functionsOf',
      /expected at most 4096 bytes of names and values .* found \d{4}$/,
    ],
    [
      'a function that is not built by esbuild',
      'BuildMethod: esbuild',
      'BuildMethod: rust',
      'functionsOf',
      /expected one of esbuild .* found "rust"/,
    ],
    [
      'a function property that is not carried out',
      '      CodeUri: .',
      '      CodeUri: .\n      VpcConfig: {}',
      'functionsOf',
      /found VpcConfig/,
    ],
    [
      'a variable that Lambda reserves',
      '          REMOVE_WITH_ORIGINAL:',
      '          AWS_REGION: eu-west-1\n          REMOVE_WITH_ORIGINAL:',
      'functionsOf',
      /no variable that Lambda reserves .* found AWS_REGION/,
    ],
    [
      'a Timeout that Lambda does not take',
      '      Timeout: 60',
      '      Timeout: 901',
      'functionsOf',
      /expected a whole number from 1 to 900 .* found 901/,
    ],
    [
      'an endpoint that would lead elsewhere',
      '          REMOVE_WITH_ORIGINAL:',
      '          AWS_ENDPOINT_URL_S3: https://example.com\n          REMOVE_WITH_ORIGINAL:',
      'functionsOf',
      /found AWS_ENDPOINT_URL_S3/,
    ],
    [
      'a variable with another name than Lambda takes',
      '          REMOVE_WITH_ORIGINAL:',
      '          REMOVE-IT: x\n          REMOVE_WITH_ORIGINAL:',
      'functionsOf',
      /found REMOVE-IT/,
    ],
    [
      'a package that is not bundled and comes with no layer',
      '      Layers: [!Ref SharpLayer]\n',
      '',
      'functionsOf',
      /Layers that bring what is not bundled .* found none for sharp/,
    ],
    [
      'a layer of somebody else',
      '[!Ref SharpLayer]',
      '[arn:aws:lambda:us-east-1:123456789012:layer:sharp:7]',
      'functionsOf',
      /expected a layer of this template .* found "arn:aws:lambda:us-east-1:123456789012:layer:sharp:7"/,
    ],
    [
      'a queue property that is not carried out',
      '      SqsManagedSseEnabled: true',
      '      FifoQueue: true',
      'queuesOf',
      /found FifoQueue/,
    ],
    [
      'a bucket notification that is not carried out',
      '        EventBridgeConfiguration: {',
      '        LambdaConfigurations: []\n        EventBridgeConfiguration: {',
      'bucketsOf',
      /found LambdaConfigurations/,
    ],
    [
      'a bucket policy that lets somebody in',
      "            Effect: Deny\n            Principal: '*'\n            Action: s3:*",
      "            Effect: Allow\n            Principal: '*'\n            Action: s3:*",
      'bucketsOf',
      /expected one of Deny .* found "Allow"/,
    ],
    [
      'a message that is kept longer than SQS keeps any',
      '      MessageRetentionPeriod: 1209600',
      '      MessageRetentionPeriod: 1209601',
      'queuesOf',
      /expected a whole number from 60 to 1209600/,
    ],
    [
      'a second API',
      '  UnprocessedUploadsQueuePolicy:',
      '  Other:\n    Type: AWS::Serverless::Api\n    Properties: { StageName: other }\n  UnprocessedUploadsQueuePolicy:',
      'apisOf',
      /expected one AWS::Serverless::Api, .* found a second/,
    ],
    [
      'a method that no CORS rule knows',
      '      VersioningConfiguration:',
      '      CorsConfiguration:\n        CorsRules: [{ AllowedOrigins: ["*"], AllowedMethods: [PATCH] }]\n      VersioningConfiguration:',
      'bucketsOf',
      /expected one of GET, PUT, HEAD, POST, DELETE .* found "PATCH"/,
    ],
    [
      "SAM's own Auth",
      '      AlwaysDeploy: true',
      '      Auth: {}\n      AlwaysDeploy: true',
      'apisOf',
      /found Auth/,
    ],
  ] as const)
    it(what, () => {
      const template = readTemplate({ file: changedReal(from, to), parameterOverrides: {}, queueUrl });
      expect(() => readers[reader](template))
        .to.throw(TemplateError, message)
        .with.property('message')
        .that.matches(/^template\.yaml:\d+: expected /);
    });

  const machine = (asl: string) => {
    const text =
      'Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: m.asl.json\n      DefinitionSubstitutions: { Known: "a \\"b\\"" }';
    return stateMachinesOf(
      readTemplate({ file: writeTemplate(text, { 'm.asl.json': asl }), parameterOverrides: {}, queueUrl }),
    );
  };

  it('a name that has no substitution, in the ASL file', () => {
    expect(() => machine('{\n"a": "${Known}",\n"b": "${Nobody}"}')).to.throw(
      TemplateError,
      'm.asl.json:3: expected one of DefinitionSubstitutions (Known), found ${Nobody}',
    );
  });

  it('an ASL file that is no JSON', () => {
    expect(() => machine('{\n"a": ${Known}}')).to.throw(TemplateError, /^m\.asl\.json:2: expected JSON/);
    expect(() => machine('{\n"a": Known,\n"b": 1\n}')).to.throw(
      TemplateError,
      /^m\.asl\.json:2: expected JSON, found \w+ at "Known"$/,
    );
  });

  it('an integer in an ASL file that would be kept as another', () => {
    expect(() => machine('{\n"a": 9007199254740993}')).to.throw(
      TemplateError,
      'm.asl.json:2: expected numbers of 53 bits, found 9007199254740993',
    );
    expect(() =>
      machine('{"a": 9007199254740992, "b": 0.12345678901234567, "c": 1e3, "d": "${Known}"}'),
    ).to.not.throw();
  });

  it('a key that stands twice in an ASL file', () => {
    expect(() => machine('{\n"a": {"b": 1},\n"b": 2,\n"a": 3\n}')).to.throw(
      TemplateError,
      'm.asl.json:4: expected JSON, found a second "a"',
    );
  });

  it('and a substitution with quotes in it stays the text that it is', () => {
    expect(machine('{"a": "${Known}"}')[0]?.definition).to.deep.equal({ a: 'a "b"' });
  });
});

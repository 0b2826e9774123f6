import { expect } from 'chai';
import { functionsOf } from '../../lambda/index.ts';
import { TemplateError } from '../../template/index.ts';
import { read } from '../support/template-file.ts';

/** A template with Globals from line 2 on, a function F and a layer. */
const withGlobals = (globals: string, properties = '{}', type = 'AWS::Serverless::Function') =>
  read(`Globals:
${globals}
Resources:
  F:
    Type: ${type}
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [f.ts] } }
    Properties: ${properties}
  L: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: . } }`);

const propertiesWith = (globals: string, properties?: string, type?: string) =>
  withGlobals(globals, properties, type).resources.get('F')?.properties;

describe('The Globals of a template (AWS SAM: Globals section)', () => {
  for (const [what, globals, properties, expected] of [
    ['a value of Globals is taken where the function has none', '{ Timeout: 3 }', '{}', { Timeout: 3 }],
    [
      'a value of the function is taken rather than that of Globals',
      '{ Timeout: 3 }',
      '{ Timeout: 5 }',
      { Timeout: 5 },
    ],
    [
      'maps are merged at every depth',
      '{ Environment: { Variables: { ONE: 1, TWO: 2 } } }',
      '{ Environment: { Variables: { TWO: 3, SIX: 6 } } }',
      { Environment: { Variables: { ONE: 1, TWO: 3, SIX: 6 } } },
    ],
    [
      'the list of a function is appended to that of Globals',
      '{ Layers: [!Ref L] }',
      '{ Layers: [!Sub more] }',
      { Layers: ['arn:aws:lambda:us-east-1:000000000000:layer:L:1', 'more'] },
    ],
    [
      'the architectures of a function replace those of Globals',
      '{ Architectures: [arm64] }',
      '{ Architectures: [x86_64] }',
      { Architectures: ['x86_64'] },
    ],
    [
      'an intrinsic function is taken for a single value',
      '{ Environment: { Variables: { ONE: 1 } } }',
      '{ Environment: !If [Never, {}, { Variables: { TWO: 2 } }] }',
      { Environment: { Variables: { TWO: 2 } } },
    ],
  ] as const)
    it(`${what}, as SAM does`, () => {
      const conditions = '\nConditions: { Never: !Equals [a, b] }';
      expect(propertiesWith(`  Function: ${globals}${conditions}`, properties)).to.deep.equal(expected);
    });

  it('Globals of APIs and state machines are merged too', () => {
    expect(
      propertiesWith('  Api: { TracingEnabled: true }', '{ Name: a }', 'AWS::Serverless::Api'),
    ).to.deep.equal({
      Name: 'a',
      TracingEnabled: true,
    });
    expect(
      propertiesWith('  StateMachine: { PropagateTags: true }', '{}', 'AWS::Serverless::StateMachine'),
    ).to.deep.equal({ PropagateTags: true });
  });

  it('two functions whose properties are one anchor get a list of Globals once', () => {
    const text = `Globals: { Function: { Layers: [a] } }
Resources:
  F: { Type: AWS::Serverless::Function, Metadata: &m { BuildMethod: esbuild }, Properties: &p { Layers: [b] } }
  G: { Type: AWS::Serverless::Function, Metadata: *m, Properties: *p }`;
    for (const { properties } of read(text).resources.values())
      expect(properties).to.deep.equal({ Layers: ['a', 'b'] });
  });

  it('Globals of types that do not run here, and of layers, change nothing', () => {
    const globals = '  HttpApi: { FailOnWarnings: true }\n  SimpleTable: {}\n  LayerVersion: {}';
    expect(propertiesWith(globals)).to.deep.equal({});
  });

  it('a property of Globals that is not supported is refused with its line in Globals', () => {
    const template = withGlobals(
      '  Function:\n    Runtime: nodejs24.x\n    VpcConfig: {}',
      '{ CodeUri: ., Handler: f.handler }',
    );
    expect(() => functionsOf(template)).to.throw(
      TemplateError,
      /^template\.yaml:4: VpcConfig is not supported here for Resources\.F\.Properties; /,
    );
  });

  for (const [globals, found] of [
    ['  Function: { Policies: [] }', 'Policies'],
    ['  Api: { StageName: v1 }', 'StageName'],
    ['  StateMachine: { Role: r }', 'Role'],
    ['  Bucket: {}', 'Bucket'],
  ] as const)
    it(`${found} in Globals is refused by file and line, as SAM does`, () => {
      expect(() => withGlobals(globals)).to.throw(
        TemplateError,
        `template.yaml:2: expected only what SAM merges from Globals, found ${found}`,
      );
    });
});

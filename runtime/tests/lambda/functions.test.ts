import { expect } from 'chai';
import { functionsOf } from '../../lambda/index.ts';
import { expectRefusal, readFixture } from '../support/template-file.ts';

describe('The functions of a template', () => {
  it('functions have their settings, environment and build, and the ARN of their alias', () => {
    expect(functionsOf(readFixture())).to.deep.equal([
      {
        logicalId: 'RenderNoteFunction',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:RenderNoteFunction:live',
        role: 'RenderNoteFunctionRole',
        handler: 'handler.handler',
        codeUri: '.',
        timeoutSeconds: 60,
        memorySizeMb: 256,
        reservedConcurrency: undefined,
        environment: {
          NOTES_BUCKET: 'local-notesbucket',
          PAGES_BUCKET: 'local-pagesbucket',
          REMOVE_PAGES: 'true',
          MALLOC_ARENA_MAX: '1',
        },
        build: {
          entryPoints: ['functions/render-note/handler.ts'],
          external: ['yaml'],
          minify: true,
          sourcemap: false,
          target: 'node24',
        },
      },
    ]);
  });

  it('the settings of a function may come from parameters', () => {
    const changed = readFixture({ ReservedConcurrency: '5', MemorySize: '512', ExistingNotesBucket: 'mine' });
    expect(functionsOf(changed)[0]).to.deep.include({ reservedConcurrency: 5, memorySizeMb: 512 });
    expect(functionsOf(changed)[0]?.environment).to.include({ NOTES_BUCKET: 'mine' });
  });

  for (const [what, from, to, message] of [
    [
      'more environment than Lambda accepts',
      "          MALLOC_ARENA_MAX: '1'",
      `          MALLOC_ARENA_MAX: '${'1'.repeat(4096)}'`,
      /expected at most 4096 bytes of names and values .* found \d{4}$/,
    ],
    [
      'a property that is not supported',
      '      CodeUri: .',
      '      CodeUri: .\n      VpcConfig: {}',
      /: VpcConfig is not supported here for /,
    ],
    [
      'a variable that Lambda reserves',
      '          REMOVE_PAGES:',
      '          AWS_REGION: eu-west-1\n          REMOVE_PAGES:',
      /no variable that Lambda reserves .* found AWS_REGION/,
    ],
    [
      'a Timeout that Lambda does not accept',
      '      Timeout: 60',
      '      Timeout: 901',
      /expected a whole number from 1 to 900 .* found 901/,
    ],
    [
      'an endpoint outside of the runtime',
      '          REMOVE_PAGES:',
      '          AWS_ENDPOINT_URL_S3: https://example.com\n          REMOVE_PAGES:',
      /found AWS_ENDPOINT_URL_S3/,
    ],
    [
      'a variable name that Lambda does not accept',
      '          REMOVE_PAGES:',
      '          REMOVE-IT: x\n          REMOVE_PAGES:',
      /found REMOVE-IT/,
    ],
    [
      'a package that is neither bundled nor in a layer',
      '      Layers: [!Ref YamlLayer]\n',
      '',
      /Layers that bring what is not bundled .* found none for yaml/,
    ],
    [
      'a layer of another account',
      '[!Ref YamlLayer]',
      '[arn:aws:lambda:us-east-1:123456789012:layer:yaml:7]',
      /expected a layer of this template .* found "arn:aws:lambda:us-east-1:123456789012:layer:yaml:7"/,
    ],
    [
      'another Node runtime',
      '      Runtime: nodejs24.x',
      '      Runtime: nodejs22.x',
      /expected one of nodejs24\.x .* found "nodejs22\.x"/,
    ],
  ] as const)
    it(`a function with ${what} is refused by file and line`, () =>
      expectRefusal(functionsOf, from, to, message));
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of ASL files look like JavaScript's.

import { expect } from 'chai';
import { loadMachines, stateMachinesOf } from '../../states/index.ts';
import { TemplateError } from '../../template/index.ts';
import { expectRefusal, readFixture, readTemplateAt, writeTemplate } from '../support/template-file.ts';

describe('The state machines of a template', () => {
  it('state machines have their types and roles', () => {
    expect(
      stateMachinesOf(readFixture()).map(({ name, type, role }) => ({ name, type, role })),
    ).to.deep.equal([
      { name: 'NoteSavedStateMachine', type: 'EXPRESS', role: 'NoteSavedStateMachineRole' },
      { name: 'RenderNotesStateMachine', type: 'STANDARD', role: 'RenderNotesStateMachineRole' },
    ]);
  });

  it('names and numbers are substituted in the definitions, and no placeholder is left', () => {
    const [saved, render] = stateMachinesOf(readFixture({ ExistingNotesBucket: 'mine' }));
    expect(saved?.text).to.include('"QueueUrl": "http://127.0.0.1:3000/000000000000/UnrenderedNotesQueue"');
    expect(render?.text).to.include("States.StringToJson('5.0')").and.include('"Bucket": "mine"');
    const functionName =
      '"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:RenderNoteFunction:live"';
    for (const machine of [saved, render])
      expect(machine?.text).to.include(functionName).and.not.include('${');
  });

  it('the state machines of a template can be loaded', () => {
    expect(loadMachines(stateMachinesOf(readFixture())).size).to.equal(2);
  });

  for (const [what, from, to, message] of [
    [
      'a substitution that the ASL does not use',
      '        Partition: !Ref AWS::Partition',
      '        Unused: x\n        Partition: !Ref AWS::Partition',
      /Unused, found none/,
    ],
    [
      'an ASL file that does not exist',
      'state-machines/note-saved.asl.json',
      'state-machines/nothing.asl.json',
      /a file that can be read .* found state-machines\/nothing/,
    ],
    [
      'a property that is not supported',
      '      DefinitionUri: state-machines/note-saved.asl.json',
      '      AutoPublishAlias: live\n      DefinitionUri: state-machines/note-saved.asl.json',
      /: AutoPublishAlias is not supported here for /,
    ],
  ] as const)
    it(`a state machine with ${what} is refused by file and line`, () =>
      expectRefusal(stateMachinesOf, from, to, message));
});

describe('ASL files', () => {
  const machine = (asl: string) => {
    const text =
      'Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: m.asl.json\n      DefinitionSubstitutions: { Known: "a \\"b\\"" }';
    return stateMachinesOf(readTemplateAt(writeTemplate(text, { 'm.asl.json': asl })));
  };

  it('an ASL file with a placeholder that has no substitution is refused by file and line', () => {
    expect(() => machine('{\n"a": "${Known}",\n"b": "${Nobody}"}')).to.throw(
      TemplateError,
      'm.asl.json:3: expected one of DefinitionSubstitutions (Known), found ${Nobody}',
    );
  });

  it('an ASL file that is not JSON is refused by file and line', () => {
    expect(() => machine('{\n"a": ${Known}}')).to.throw(TemplateError, /^m\.asl\.json:2: expected JSON/);
    expect(() => machine('{\n"a": Known,\n"b": 1\n}')).to.throw(
      TemplateError,
      /^m\.asl\.json:2: expected JSON, found \w+ at "Known"$/,
    );
  });

  it('an ASL file with an integer that JavaScript cannot represent exactly is refused by file and line', () => {
    expect(() => machine('{\n"a": 9007199254740993}')).to.throw(
      TemplateError,
      'm.asl.json:2: expected numbers of 53 bits, found 9007199254740993',
    );
    expect(() =>
      machine('{"a": 9007199254740992, "b": 0.12345678901234567, "c": 1e3, "d": "${Known}"}'),
    ).to.not.throw();
  });

  it('an ASL file with a key that stands twice is refused by file and line', () => {
    expect(() => machine('{\n"a": {"b": 1},\n"b": 2,\n"a": 3\n}')).to.throw(
      TemplateError,
      'm.asl.json:4: expected JSON, found a second "a"',
    );
  });

  it('a substitution that contains quotes is inserted as the same text', () => {
    expect(machine('{"a": "${Known}"}')[0]?.definition).to.deep.equal({ a: 'a "b"' });
  });
});

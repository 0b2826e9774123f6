import { expect } from 'chai';
import fc from 'fast-check';
import { only, outputOf, run, shaped } from './machine.ts';

async function value(expression: string, input: unknown = {}): Promise<unknown> {
  const output = await shaped({ 'value.$': expression }, input);
  return output !== null && typeof output === 'object' && 'value' in output ? output.value : undefined;
}

async function errorOf(expression: string, input: unknown = {}): Promise<string | undefined> {
  return (await run(only({ Type: 'Pass', Parameters: { 'value.$': expression } }), input)).error;
}

describe('Paths (AWS: Using JSONPath paths)', () => {
  const input = { a: { b: [10, 20, 30], 'c d': 1, null: null }, list: [{ k: 1 }, { k: 2 }, { j: 3 }] };

  for (const [path, expected] of [
    ['$', input],
    ['$.a.b[1]', 20],
    ['$.a.b[-1]', 30],
    ["$['a']['c d']", 1],
    ['$["a"]["c d"]', 1],
    ['$.a.null', null],
    ['$.a.b[0:2]', [10, 20]],
    ['$.a.b[1:]', [20, 30]],
    ['$.a.b[0,2]', [10, 30]],
    ['$.list[*].k', [1, 2]],
    ['$.list[*].nothing', []],
    ['$..k', [1, 2]],
  ] as const) {
    it(`the path ${path} selects a part of the input`, async () => {
      expect(await value(path, input)).to.deep.equal(expected);
    });
  }

  it('a path that selects nothing fails with States.Runtime, and the cause contains path, field and input', async () => {
    const result = await run(only({ Type: 'Pass', Parameters: { 'name.$': '$.absent' } }), { a: 1 });
    expect(result).to.include({ status: 'FAILED', error: 'States.Runtime' });
    expect(result.cause).to.include(
      `The JSONPath '$.absent' specified for the field 'name.$' could not be found in the input '{"a":1}'`,
    );
  });

  it('keys that are special in JavaScript, such as __proto__, are ordinary data', async () => {
    const hostile = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
    expect(await value("$['__proto__'].x", hostile)).to.equal(1);
    expect(await errorOf('$.toString', hostile)).to.equal('States.Runtime');
  });

  for (const path of [
    '$.a[?(@.k == 1)]',
    '$.a.length()',
    '$.a[(@.length-1)]',
    '$$.Task.Token',
    '$a',
    '$.',
    '$.a[',
    '$..',
    '$...a',
  ]) {
    it(`the path ${path} is refused when the definition is loaded`, () => {
      expect(() => run(only({ Type: 'Pass', Parameters: { 'x.$': path } }))).to.throw(
        /machine\.asl\.json\.States\.Only\.Parameters/,
      );
    });
  }
});

describe('Input and output processing (AWS: Processing input and output)', () => {
  const input = { keep: 1, part: { x: 2 } };

  it('InputPath, Parameters, ResultSelector, ResultPath and OutputPath are applied in this order, ResultPath to the raw input', async () => {
    const task = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      InputPath: '$.part',
      Parameters: { FunctionName: 'F', 'Payload.$': '$.x' },
      ResultSelector: { 'answer.$': '$.Payload' },
      ResultPath: '$.part.result',
      OutputPath: '$.part',
    };
    const seen: unknown[] = [];
    const callService = async ({ parameters }: { parameters: unknown }): Promise<unknown> => {
      seen.push(parameters);
      return { Payload: 42, StatusCode: 200 };
    };
    expect(await outputOf(only(task), input, { callService })).to.deep.equal({
      x: 2,
      result: { answer: 42 },
    });
    expect(seen).to.deep.equal([{ FunctionName: 'F', Payload: 2 }]);
  });

  for (const [title, fields, expected] of [
    ['ResultPath "$" replaces the input', { Result: 5, ResultPath: '$' }, 5],
    ['ResultPath null keeps the input', { Result: 5, ResultPath: null }, input],
    [
      'ResultPath keeps the fields beside the result',
      { Result: 5, ResultPath: '$.part.y' },
      { keep: 1, part: { x: 2, y: 5 } },
    ],
    [
      'ResultPath creates the objects on its way',
      { Result: 5, ResultPath: "$['new one'].y" },
      { ...input, 'new one': { y: 5 } },
    ],
    [
      'ResultPath keeps a key named __proto__',
      { Result: 5, ResultPath: "$['__proto__']", OutputPath: "$['__proto__']" },
      5,
    ],
    ['InputPath null gives an empty object', { InputPath: null }, {}],
    ['OutputPath null gives an empty object', { OutputPath: null }, {}],
    ['a Result of null is null', { Result: null }, null],
    ['Result is not a template', { Result: { 'a.$': '$.b' } }, { 'a.$': '$.b' }],
  ] as const) {
    it(title, async () => {
      expect(await outputOf(only({ Type: 'Pass', ...fields }), input)).to.deep.equal(expected);
    });
  }

  it('ResultPath replaces an element of an array, and fails with States.ResultPathMatchFailure inside a text', async () => {
    expect(
      await outputOf(only({ Type: 'Pass', Result: 9, ResultPath: '$.a[1]' }), { a: [1, 2] }),
    ).to.deep.equal({ a: [1, 9] });
    const failed = await run(only({ Type: 'Pass', Result: 9, ResultPath: '$.a.b' }), { a: 'text' });
    expect(failed.error).to.equal('States.ResultPathMatchFailure');
  });

  it('payload templates are filled at every depth, in arrays too, and other texts stay as they are', async () => {
    const made = await shaped({ list: [{ 'x.$': '$.keep' }, '$.keep'], plain: '$.keep' }, input);
    expect(made).to.deep.equal({ list: [{ x: 1 }, '$.keep'], plain: '$.keep' });
  });
});

describe('Intrinsic functions (AWS: Intrinsic functions for JSONPath states)', () => {
  for (const [expression, expected] of [
    ["States.Format('{} and {}', $.name, 5)", 'Ann and 5'],
    ["States.Format('{}{}{}', null, true, 1.5)", 'nulltrue1.5'],
    ["States.Format('\\{\\} it\\'s \\\\ {}', $.name)", "{} it's \\ Ann"],
    ['States.Format($.template, $.name)', 'Hello Ann!'],
    ["States.Format('plain, (with) $.marks')", 'plain, (with) $.marks'],
    ['States.StringToJson($.json)', { a: [1] }],
    ["States.StringToJson('5')", 5],
    ['States.JsonToString($.object)', '{"b":"\\\\"}'],
    ['States.Array()', []],
    ["States.Array(1, 'two', $.name, States.Array(null))", [1, 'two', 'Ann', [null]]],
    [
      'States.ArrayPartition($.numbers, 2)',
      [
        [1, 2],
        [2, 3],
      ],
    ],
    ['States.ArrayPartition($.numbers, 3)', [[1, 2, 2], [3]]],
    ['States.ArrayContains($.numbers, 3)', true],
    ['States.ArrayContains(States.Array($.object), $.object)', true],
    ['States.ArrayContains($.numbers, 4)', false],
    ['States.ArrayRange(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['States.ArrayRange(3, 1, -1)', [3, 2, 1]],
    ['States.ArrayRange(1, 0, 1)', []],
    ['States.ArrayGetItem($.numbers, 3)', 3],
    ['States.ArrayLength($.numbers)', 4],
    ['States.ArrayUnique($.numbers)', [1, 2, 3]],
    ['States.ArrayUnique(States.Array($.object, $.name, $.object))', [{ b: '\\' }, 'Ann']],
    ["States.Base64Encode('Data to encode')", 'RGF0YSB0byBlbmNvZGU='],
    ["States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", 'Data to encode'],
    ["States.Hash('input data', 'SHA-1')", 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ['States.JsonMerge($.object, $.other, false)', { b: 1, c: 2 }],
    ['States.MathAdd(111, -1)', 110],
    ['States.MathAdd(1.6, 1)', 3],
    ['States.MathRandom(5, 6)', 5],
    ["States.StringSplit('1,2,3', ',')", ['1', '2', '3']],
    ["States.StringSplit('This.is+a,test=string', '.+,=')", ['This', 'is', 'a', 'test', 'string']],
    ["States.Format('{}', $['od(d), '])", 'x'],
    ["States.Format('{}', $$.State.Name)", 'Only'],
  ] as const) {
    it(`${expression} returns ${JSON.stringify(expected)}`, async () => {
      const input = {
        name: 'Ann',
        template: 'Hello {}!',
        json: '{"a":[1]}',
        object: { b: '\\' },
        other: { b: 1, c: 2 },
        numbers: [1, 2, 2, 3],
        'od(d), ': 'x',
      };
      expect(await value(expression, input)).to.deep.equal(expected);
    });
  }

  it('States.UUID returns a new version 4 UUID each time', async () => {
    const [one, two] = [await value('States.UUID()'), await value('States.UUID()')];
    expect(one).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(one).not.to.equal(two);
  });

  it('States.MathRandom returns the same number for the same seed, between start and end', async () => {
    const draw = (): Promise<unknown> => value('States.MathRandom(1, 1000000, 7)');
    expect(await draw())
      .to.equal(await draw())
      .and.to.be.within(1, 999_999);
  });

  for (const [expression, why] of [
    ["States.Format('{} {}', 1)", 'has fewer arguments than {}'],
    ["States.Format('{}', $.list)", 'puts an array into a string'],
    ["States.StringToJson('not json')", 'reads no JSON'],
    ['States.ArrayGetItem($.list, 7)', 'looks past the end'],
    ['States.ArrayRange(1, 2000, 1)', 'has more than 1,000 items'],
    ['States.ArrayPartition($.list, 0)', 'cuts into nothing'],
    ["States.Hash('x', 'MD4')", 'names an unknown algorithm'],
    ["States.Base64Decode('***')", 'decodes no Base64'],
    ['States.JsonMerge($, $, true)', 'merges deeply'],
    ['States.MathAdd(2147483647, 1)', 'leaves 32 bits'],
    ['States.UUID(1)', 'takes too many arguments'],
  ] as const) {
    it(`${expression} fails with States.IntrinsicFailure, because it ${why}`, async () => {
      expect(await errorOf(expression, { list: [1] })).to.equal('States.IntrinsicFailure');
    });
  }

  it('a path inside a call that selects nothing fails with States.Runtime', async () => {
    expect(await errorOf("States.Format('{}', $.absent)")).to.equal('States.Runtime');
  });

  for (const expression of [
    "States.Format('open",
    "States.Format('a\\n')",
    'States.Nope()',
    'States.UUID() more',
    'States.Array(1,)',
    'States.Array(word)',
    `${'States.Array('.repeat(11)}${')'.repeat(11)}`,
  ]) {
    it(`${expression} is refused when the definition is loaded`, () => {
      expect(() => run(only({ Type: 'Pass', Parameters: { 'x.$': expression } }))).to.throw(
        /Parameters: Expected/,
      );
    });
  }

  it('States.Format, JsonMerge, JsonToString and StringToJson keep every byte of texts and keys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (key, text) => {
        const object = Object.fromEntries([[key, text]]);
        const made = await shaped(
          {
            'format.$': "States.Format('{}', $.text)",
            'around.$': "States.Format('{}/{}', $.text, $.text)",
            'merged.$': 'States.JsonMerge($.object, $.object, false)',
            'again.$': 'States.StringToJson(States.JsonToString($.object))',
          },
          { text, object },
        );
        expect(JSON.stringify(made)).to.equal(
          JSON.stringify({ format: text, around: `${text}/${text}`, merged: object, again: object }),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('States.JsonMerge does not change its arguments', async () => {
    const made = await shaped(
      { 'merged.$': 'States.JsonMerge($.a, $.b, false)', 'a.$': '$.a' },
      { a: { x: 1 }, b: { x: 2 } },
    );
    expect(made).to.deep.equal({ merged: { x: 2 }, a: { x: 1 } });
  });
});

describe('Choice rules (AWS: Choice workflow state)', () => {
  async function chosen(rule: object, input: unknown): Promise<unknown> {
    const definition = {
      StartAt: 'Choose',
      States: {
        Choose: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
        Yes: { Type: 'Pass', Result: true, End: true },
        No: { Type: 'Pass', Result: false, End: true },
      },
    };
    const { output, error } = await run(definition, input);
    return output === undefined ? error : JSON.parse(output);
  }

  for (const [operator, operand, yes, no] of [
    ['StringEquals', 'a', 'a', 'A'],
    ['StringLessThan', 'b', 'a', 'b'],
    ['StringGreaterThan', 'b', 'c', 'b'],
    ['StringLessThanEquals', 'b', 'b', 'c'],
    ['StringGreaterThanEquals', 'b', 'b', 'a'],
    ['NumericEquals', 5, 5, 6],
    ['NumericEquals', 5, 5, '5'],
    ['NumericLessThan', 5, 4.5, 5],
    ['NumericGreaterThan', 5, 6, 5],
    ['NumericLessThanEquals', 5, 5, 6],
    ['NumericGreaterThanEquals', 5, 5, 4],
    ['BooleanEquals', true, true, false],
    ['TimestampEquals', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00+01:00', '2026-01-01T00:00:01Z'],
    ['TimestampLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59.999Z', '2026-01-01T00:00:00Z'],
    ['TimestampGreaterThan', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.001Z', 'tomorrow'],
    ['TimestampLessThanEquals', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['TimestampGreaterThanEquals', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2025-01-02T00:00:00Z'],
  ] as const) {
    it(`${operator} ${operand} matches ${yes} and not ${no}, as a literal and from a path`, async () => {
      const literal = { Variable: '$.v', [operator]: operand };
      const fromPath = { Variable: '$.v', [`${operator}Path`]: '$.operand' };
      for (const rule of [literal, fromPath]) {
        expect(await chosen(rule, { v: yes, operand })).to.equal(true);
        expect(await chosen(rule, { v: no, operand })).to.equal(false);
      }
    });
  }

  for (const [pattern, text, expected] of [
    ['notes/*.md', 'notes/a/b.md', true],
    ['notes/*.md', 'notes/a.txt', false],
    ['*', '', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a\\\\*', 'a\\x', true],
    ['a.c', 'abc', false],
    ['a*c', 'a\nc', true],
  ] as const) {
    it(`StringMatches ${pattern} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, async () => {
      expect(await chosen({ Variable: '$.v', StringMatches: pattern }, { v: text })).to.equal(expected);
    });
  }

  it('StringMatches with many stars is not slow', async () => {
    const rule = { Variable: '$.v', StringMatches: '*a*a*a*a*a*a*b' };
    expect(await chosen(rule, { v: 'a'.repeat(200_000) })).to.equal(false);
    expect(await chosen(rule, { v: `${'a'.repeat(200_000)}b` })).to.equal(true);
  });

  for (const [test, yes, no] of [
    ['IsNull', null, 0],
    ['IsNumeric', 1, '1'],
    ['IsString', '', 1],
    ['IsBoolean', false, 0],
    ['IsTimestamp', '2026-01-01T00:00:00Z', '2026-01-01'],
    ['IsTimestamp', '2024-02-29T23:59:59+01:00', '2026-02-29T00:00:00Z'],
    ['IsTimestamp', '2026-12-31T00:00:00.5Z', '2026-12-31T24:00:00Z'],
  ] as const) {
    it(`${test} is true for ${JSON.stringify(yes)} and false for ${JSON.stringify(no)}`, async () => {
      expect(await chosen({ Variable: '$.v', [test]: true }, { v: yes })).to.equal(true);
      expect(await chosen({ Variable: '$.v', [test]: true }, { v: no })).to.equal(false);
      expect(await chosen({ Variable: '$.v', [test]: false }, { v: no })).to.equal(true);
    });
  }

  it('IsPresent is the only test that accepts a missing variable, and null is present', async () => {
    expect(await chosen({ Variable: '$.v', IsPresent: true }, { v: null })).to.equal(true);
    expect(await chosen({ Variable: '$.v', IsPresent: false }, {})).to.equal(true);
    expect(await chosen({ Variable: '$.v', IsNull: true }, {})).to.equal('States.Runtime');
    expect(await chosen({ Variable: '$.v', StringEquals: 'x' }, {})).to.equal('States.Runtime');
  });

  it('And stops at the first rule that is false, Or at the first that is true, and Not negates', async () => {
    const present = { Variable: '$.v', IsPresent: true };
    const isX = { Variable: '$.v', StringEquals: 'x' };
    expect(await chosen({ And: [present, isX] }, {})).to.equal(false);
    expect(await chosen({ And: [present, isX] }, { v: 'x' })).to.equal(true);
    expect(await chosen({ Or: [{ Not: present }, isX] }, {})).to.equal(true);
    expect(await chosen({ Or: [{ Not: present }, isX] }, { v: 'y' })).to.equal(false);
  });

  it('a Choice without a match and a Default fails with States.NoChoiceMatched', async () => {
    const definition = {
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ Variable: '$.v', IsNull: true, Next: 'S' }] },
        S: { Type: 'Succeed' },
      },
    };
    expect(await run(definition, { v: 1 })).to.include({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation are sent literally.
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { expect } from 'chai';
import fc from 'fast-check';
import type { TargetPipeline } from '../support/pipeline.ts';
import { startTarget } from '../support/target.ts';

const BYTE_ORDER_MARK = '\uFEFF';
const key = (name: string) => JSON.stringify({ key: `input/${name}` });
const nested = (depth: number, inner: string) => '['.repeat(depth) + inner + ']'.repeat(depth);

/** Bodies that start no execution, with the status of the answer. */
const REFUSED: readonly (readonly [what: string, body: string | Uint8Array, status?: number])[] = [
  ['nothing but white space', ' \n\t'],
  ['a bare word', 'input/cat.jpg'],
  ['a truncated object', '{"key": "input/cat.jpg"'],
  ['a truncated string', '{"key": "input/cat'],
  ['a trailing comma', '{"key": "input/cat.jpg",}'],
  ['single-quoted strings', "{'key': 'input/cat.jpg'}"],
  ['an unquoted field name', '{key: "input/cat.jpg"}'],
  ['a comment after the object', '{} // all'],
  ['two objects', '{}{}'],
  ['a raw line break in a string', '{"key": "input/a\nb"}'],
  ['an escape that JSON does not define', '{"key": "input/\\\'"}'],
  ['a truncated Unicode escape', '{"key": "input/\\u12"}'],
  ['NaN', '{"force": NaN}'],
  ['a byte order mark before the object', `${BYTE_ORDER_MARK}{}`],
  ['UTF-16 text', new Uint8Array(Buffer.from('{}', 'utf16le'))],
  ['a zip file', new Uint8Array(Buffer.from('504b0304140000000800', 'hex'))],
  ['form data', 'key=input%2Fcat.jpg'],
  ['null', 'null'],
  ['true', 'true'],
  ['a number', '0'],
  ['a number beyond the range of a double', '1e999'],
  ['a JSON string', '"{}"'],
  ['an array', '[]'],
  ['an array around the object', '[{"key": "input/cat.jpg"}]'],
  ['a hundred thousand nested arrays', nested(100_000, '')],
  ['a hundred thousand unclosed brackets', '['.repeat(100_000)],
  ['ten thousand nested objects', `${'{"key":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ['null as the key', '{"key": null}'],
  ['a number as the key', '{"key": 12345678901234567890}'],
  ['an array as the key', '{"key": ["input/cat.jpg"]}'],
  ['an object as the key', '{"key": {"$ref": "#/components"}}'],
  ['a deeply nested array as the key', `{"key": ${nested(10_000, '"input/cat.jpg"')}}`],
  ['an empty key', '{"key": ""}'],
  ['the folder input/ as the key', '{"key": "input/"}'],
  ['a key outside of input/', '{"key": "output/cat.jpg"}'],
  ['a key that contains input/ but does not begin with it', '{"key": "/input/cat.jpg"}'],
  ['a key that begins with a line break', '{"key": "\\ninput/cat.jpg"}'],
  ['a key in capitals', '{"key": "INPUT/cat.jpg"}'],
  ['a key one character too long', key('x'.repeat(1019))],
  ['a prefix one character too long', JSON.stringify({ prefix: `input/${'x'.repeat(1019)}` })],
  ['an empty prefix', '{"prefix": ""}'],
  ['a prefix of the wrong type', '{"prefix": true}'],
  ['both a key and a prefix', '{"key": "input/cat.jpg", "prefix": "input/"}'],
  ['force as a string', '{"force": "true"}'],
  ['force as a number', '{"force": 1}'],
  ['force as a number beyond the range of a double', '{"force": 1e999}'],
  ['force as null', '{"force": null}'],
  ['a field name in the wrong case', '{"Key": "input/cat.jpg"}'],
  [
    'a parameter of StartExecution',
    '{"stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:X"}',
  ],
  ["fields that only the function's own input has", '{"Items": [], "RetryCount": 0}'],
  ['the field __proto__', '{"__proto__": {"key": "input/cat.jpg"}}'],
  ['the field constructor', '{"constructor": {"prototype": {}}}'],
  ['the key twice, the second time with a wrong type', '{"key": "input/cat.jpg", "key": 5}'],
  ['a key of a megabyte', key('x'.repeat(1_000_000))],
  ['more bytes than API Gateway accepts', `{}${' '.repeat(10 * 1024 * 1024)}`, 413],
];

/** Bodies that start an execution, with the JSON value that must be its input: by default the body's own. */
const ADMITTED: readonly (readonly [what: string, body: string, input?: unknown])[] = [
  ['an empty body', '', {}],
  ['white space around the object', ' \r\n{ }\t'],
  ['half a megabyte of white space', `{"key":${' '.repeat(500_000)}"input/cat.jpg"}`],
  ['force', '{"force": true}'],
  [
    'the key twice, the first time with a wrong type',
    '{"key": 5, "key": "input/cat.jpg"}',
    { key: 'input/cat.jpg' },
  ],
  ['the key twice, with two values', '{"key": "input/a", "key": "input/b"}', { key: 'input/b' }],
  ['unnecessary escapes', '{"\\u006b\\u0065y": "\\u0069nput\\/cat.jpg"}'],
  ['a key of the greatest length', key('x'.repeat(1018))],
  ['a key of the greatest length that consists of emoji', key('🦉'.repeat(1018))],
  ['the prefix input/', '{"prefix": "input/"}'],
  ['single quotes in the key', key("d'or 'x' ''")],
  ['double quotes in the key', key('"a" ""')],
  ['backslashes in the key', key('a\\b\\\\c\\')],
  ['backslashes before quotes in the key', key('\\"\\\'\\\\"')],
  [
    'a key that would end the input and name another state machine',
    key('","stateMachineArn":"arn:aws:states:::x'),
  ],
  ['a key that would end the input after it is escaped', key('\\","name":"owned')],
  ['calls of $util in the key', key("$util.escapeJavaScript('x')$util.parseJson('{}')")],
  ['variables of the mapping template in the key', key('$body$!name${headers}$input.body$context.identity')],
  ['Velocity directives in the key', key('#set($body = "x")#if(true)#end#foreach($i in [1..9])#end')],
  ['Velocity comments in the key', key('a ## b #* c *# #[[ d ]]#')],
  ['placeholders of CloudFormation and ASL in the key', key('${AWS::Region}${!x}$.key$$.Execution.Id')],
  ['intrinsic functions of ASL in the key', key("States.Format('{}', $)")],
  ['markup in the key', key('<script>alert(1)</script>&amp;<![CDATA[')],
  ['control characters in the key', key('\u0000\u0001\b\t\n\f\r\u001b\u007f\u0085')],
  ['the line separators U+2028 and U+2029 in the key', key('\u2028\u2029')],
  ['URL syntax in the key', key('a+b%20c%2Fd?e=f#g&h;i')],
  ['dot segments in the key', key('../../../etc/passwd/./..')],
  ['composed and decomposed letters in the key', key('\u00e9 e\u0301 \u212b \ufb01')],
  ['right-to-left text and direction marks in the key', key('שלום \u202e\u2066gpj.exe\u2069')],
  ['characters outside the Basic Multilingual Plane in the key', key('𝒳𠮷👩‍👩‍👧‍👦')],
  ['half a surrogate pair in the key', '{"key": "input/\\ud83e"}'],
  ['surrogates in the wrong order in the key', '{"key": "input/\\udd89\\ud83e"}'],
  ['a byte order mark in the key', key(BYTE_ORDER_MARK)],
  ['noncharacters in the key', key('\ufffe\uffff\ufffd')],
];

describe('POST /process-image', () => {
  let pipeline: TargetPipeline;
  before(async () => {
    pipeline = await startTarget();
  });
  after(() => pipeline.stop());

  const post = async (body: string | Uint8Array) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await pipeline.call('/process-image', { method: 'POST', headers, body });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  /** The input of the execution that an answer names, as a JSON value. */
  const inputOf = async ({ status, text }: { status: number; text: string }): Promise<unknown> => {
    expect(status, text).to.equal(200);
    const { executionArn } = JSON.parse(text);
    const { input } = await pipeline.states.send(new DescribeExecutionCommand({ executionArn }));
    return JSON.parse(input ?? '');
  };

  for (const [what, body, status = 400] of REFUSED)
    it(`POST with ${what} answers ${status} with a message and starts no execution`, async () => {
      const newest = await pipeline.newestExecution();
      const answer = await post(body);
      expect(answer).to.include({ status, type: 'application/json' });
      expect(JSON.parse(answer.text)).to.have.all.keys('message');
      expect(JSON.parse(answer.text).message).to.be.a('string').and.not.equal('');
      expect(await pipeline.newestExecution()).to.equal(newest);
    });

  for (const [what, body, input = JSON.parse(body)] of ADMITTED)
    it(`POST with ${what} starts an execution whose input is the same JSON value`, async () => {
      expect(await inputOf(await post(body))).to.deep.equal(input);
    });

  it('POST with a random key that the schema admits starts an execution whose input is the same JSON value', async () => {
    const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    const oddCharacter = fc.constantFrom("'", '"', '\\', '$', '#', '{', '}', '/', '\n');
    const name = fc.string({ unit: fc.oneof(codeUnit, oddCharacter), minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(name, async (name) => {
        expect(await inputOf(await post(key(name)))).to.deep.equal({ key: `input/${name}` });
      }),
      { numRuns: 20 },
    );
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what CloudFormation would substitute is sent as it is.
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { expect } from 'chai';
import fc from 'fast-check';
import type { TargetPipeline } from '../support/pipeline.ts';
import { startTarget } from '../support/target.ts';

const BYTE_ORDER_MARK = '\uFEFF';
const key = (name: string) => JSON.stringify({ key: `input/${name}` });
const nested = (depth: number, inner: string) => '['.repeat(depth) + inner + ']'.repeat(depth);

/** Bodies that start nothing, and the status that says so. */
const REFUSED: readonly (readonly [what: string, body: string | Uint8Array, status?: number])[] = [
  ['white space alone', ' \n\t'],
  ['a word', 'input/cat.jpg'],
  ['a cut object', '{"key": "input/cat.jpg"'],
  ['a cut text', '{"key": "input/cat'],
  ['a comma too many', '{"key": "input/cat.jpg",}'],
  ['single quotes', "{'key': 'input/cat.jpg'}"],
  ['a bare name', '{key: "input/cat.jpg"}'],
  ['a comment', '{} // all'],
  ['two objects', '{}{}'],
  ['a raw line break in a text', '{"key": "input/a\nb"}'],
  ['an escape that JSON does not know', '{"key": "input/\\\'"}'],
  ['half an escape', '{"key": "input/\\u12"}'],
  ['NaN', '{"force": NaN}'],
  ['a byte order mark before the object', `${BYTE_ORDER_MARK}{}`],
  ['UTF-16', new Uint8Array(Buffer.from('{}', 'utf16le'))],
  ['a zip file', new Uint8Array(Buffer.from('504b0304140000000800', 'hex'))],
  ['a form', 'key=input%2Fcat.jpg'],
  ['null', 'null'],
  ['true', 'true'],
  ['a number', '0'],
  ['a number that no double holds', '1e999'],
  ['a text', '"{}"'],
  ['an array', '[]'],
  ['an array around the object', '[{"key": "input/cat.jpg"}]'],
  ['arrays, a hundred thousand deep', nested(100_000, '')],
  ['a hundred thousand brackets that nobody closes', '['.repeat(100_000)],
  ['objects, ten thousand deep', `${'{"key":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ['a null for a key', '{"key": null}'],
  ['a number for a key', '{"key": 12345678901234567890}'],
  ['an array for a key', '{"key": ["input/cat.jpg"]}'],
  ['an object for a key', '{"key": {"$ref": "#/components"}}'],
  ['a deeply nested key', `{"key": ${nested(10_000, '"input/cat.jpg"')}}`],
  ['an empty key', '{"key": ""}'],
  ['the folder for a key', '{"key": "input/"}'],
  ['a key outside of input/', '{"key": "output/cat.jpg"}'],
  ['a key that only holds input/', '{"key": "/input/cat.jpg"}'],
  ['a key that begins with a line break', '{"key": "\\ninput/cat.jpg"}'],
  ['a key in capitals', '{"key": "INPUT/cat.jpg"}'],
  ['a key one character too long', key('x'.repeat(1019))],
  ['a prefix one character too long', JSON.stringify({ prefix: `input/${'x'.repeat(1019)}` })],
  ['a prefix outside of input/', '{"prefix": ""}'],
  ['a prefix of the wrong type', '{"prefix": true}'],
  ['a key and a prefix', '{"key": "input/cat.jpg", "prefix": "input/"}'],
  ['force as a text', '{"force": "true"}'],
  ['force as a number', '{"force": 1}'],
  ['force as a number that no double holds', '{"force": 1e999}'],
  ['force as null', '{"force": null}'],
  ['a field in another case', '{"Key": "input/cat.jpg"}'],
  [
    'a field of StartExecution',
    '{"stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:X"}',
  ],
  ["a field of the function's own", '{"Items": [], "RetryCount": 0}'],
  ['a prototype', '{"__proto__": {"key": "input/cat.jpg"}}'],
  ['a constructor', '{"constructor": {"prototype": {}}}'],
  ['two keys, the later one wrong', '{"key": "input/cat.jpg", "key": 5}'],
  ['a megabyte of key', key('x'.repeat(1_000_000))],
  ['more than API Gateway takes', `{}${' '.repeat(10 * 1024 * 1024)}`, 413],
];

/** Bodies that start an execution, and the JSON value that it must get. */
const ADMITTED: readonly (readonly [what: string, body: string, input?: unknown])[] = [
  ['nothing', '', {}],
  ['white space around it', ' \r\n{ }\t'],
  ['half a megabyte of white space', `{"key":${' '.repeat(500_000)}"input/cat.jpg"}`],
  ['force', '{"force": true}'],
  ['two keys, the later one right', '{"key": 5, "key": "input/cat.jpg"}', { key: 'input/cat.jpg' }],
  ['the same key twice', '{"key": "input/a", "key": "input/b"}', { key: 'input/b' }],
  ['escapes where none are needed', '{"\\u006b\\u0065y": "\\u0069nput\\/cat.jpg"}'],
  ['the longest key', key('x'.repeat(1018))],
  ['the longest key, of emoji', key('🦉'.repeat(1018))],
  ['the prefix input/', '{"prefix": "input/"}'],
  ['single quotes', key("d'or 'x' ''")],
  ['double quotes', key('"a" ""')],
  ['backslashes', key('a\\b\\\\c\\')],
  ['backslashes before quotes', key('\\"\\\'\\\\"')],
  ['what would end the input and name another state machine', key('","stateMachineArn":"arn:aws:states:::x')],
  ['what would end the input after its escaping', key('\\","name":"owned')],
  ['calls of $util', key("$util.escapeJavaScript('x')$util.parseJson('{}')")],
  ['variables of the template', key('$body$!name${headers}$input.body$context.identity')],
  ['directives of Velocity', key('#set($body = "x")#if(true)#end#foreach($i in [1..9])#end')],
  ["Velocity's comments", key('a ## b #* c *# #[[ d ]]#')],
  ['placeholders of CloudFormation and ASL', key('${AWS::Region}${!x}$.key$$.Execution.Id')],
  ['intrinsic functions of ASL', key("States.Format('{}', $)")],
  ['markup', key('<script>alert(1)</script>&amp;<![CDATA[')],
  ['control characters', key('\u0000\u0001\b\t\n\f\r\u001b\u007f\u0085')],
  ['separators that JavaScript once ended lines with', key('\u2028\u2029')],
  ['what looks like a URL', key('a+b%20c%2Fd?e=f#g&h;i')],
  ['dots', key('../../../etc/passwd/./..')],
  ['composed and decomposed letters', key('\u00e9 e\u0301 \u212b \ufb01')],
  ['scripts from right to left, and marks that turn them', key('שלום \u202e\u2066gpj.exe\u2069')],
  ['letters beyond sixteen bits', key('𝒳𠮷👩‍👩‍👧‍👦')],
  ['half a surrogate pair', '{"key": "input/\\ud83e"}'],
  ['surrogates in the wrong order', '{"key": "input/\\udd89\\ud83e"}'],
  ['a byte order mark in the key', key(BYTE_ORDER_MARK)],
  ['what is no character', key('\ufffe\uffff\ufffd')],
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

  /** The input of the execution that a 200 names, as a JSON value. */
  const inputOf = async ({ status, text }: { status: number; text: string }): Promise<unknown> => {
    expect(status, text).to.equal(200);
    const { executionArn } = JSON.parse(text);
    const { input } = await pipeline.states.send(new DescribeExecutionCommand({ executionArn }));
    return JSON.parse(input ?? '');
  };

  describe('answers with a message, and starts nothing, where the body is or has', () => {
    for (const [what, body, status = 400] of REFUSED)
      it(`${what}: ${status}`, async () => {
        const newest = await pipeline.newestExecution();
        const answer = await post(body);
        expect(answer).to.include({ status, type: 'application/json' });
        expect(JSON.parse(answer.text)).to.have.all.keys('message');
        expect(JSON.parse(answer.text).message).to.be.a('string').and.not.equal('');
        expect(await pipeline.newestExecution()).to.equal(newest);
      });
  });

  describe('starts an execution whose input is the same JSON value where the body has', () => {
    for (const [what, body, input = JSON.parse(body)] of ADMITTED)
      it(what, async () => {
        expect(await inputOf(await post(body))).to.deep.equal(input);
      });

    it('any key that the schema admits, code unit by code unit', async () => {
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
});

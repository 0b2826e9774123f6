import { expect } from 'chai';
import { compileTemplate } from '../../api-gateway/velocity.ts';

interface Given {
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly path?: Record<string, string>;
  readonly query?: Record<string, string>;
}

function render(template: string, { body = '', headers = {}, path = {}, query = {} }: Given = {}) {
  return compileTemplate(template)({
    body,
    parameters: { path, querystring: query, header: headers },
    context: { requestId: 'the-request', identity: { sourceIp: '127.0.0.1' }, stage: 'prod' },
    stageVariables: { colour: 'blue' },
  });
}

const text = (template: string, given?: Given): string => render(template, given).text;

describe('Mapping templates (AWS: API Gateway mapping template and access logging variable reference)', () => {
  describe('the variable $input', () => {
    for (const body of [
      '{"a":1.0,"b":-0,"c":1e400,"d":12345678901234567890}',
      '["\\ud800"]',
      '"x"',
      'null',
      '{"__proto__":1}',
    ])
      it(`$input.json returns the body ${body} unchanged`, () => {
        expect(text("$input.json('$')", { body })).to.equal(body);
      });

    it('$input.json returns the body without white space, and the last of two members with the same name', () => {
      expect(text("$input.json('$')", { body: ' { "a" : 1 ,\n "b": [ ], "a": 2 } ' })).to.equal(
        '{"a":2,"b":[]}',
      );
    });

    it('$input.json and $input.body return {} for an empty body', () => {
      expect(text("$input.json('$') $input.body")).to.equal('{} {}');
    });

    it('$input.json and $input.path select parts of the body', () => {
      const body = '{"a":{"b-c":[1,"two"]}}';
      expect(
        text("$input.json('$.a.b-c') $input.json('$.a[\\'b-c\\'][1]')".replaceAll("\\'", '"'), { body }),
      ).to.equal('[1,"two"] "two"');
      expect(text('$input.path(\'$.a\').get("b-c").get(1)', { body })).to.equal('two');
      expect(text("$input.json('$.nothing.there')", { body })).to.equal('""');
    });

    it('$input.path finds no property that objects inherit in JavaScript', () => {
      for (const path of ['get("toString")', 'get("constructor")', 'get("__proto__")', 'prototype'])
        expect(text(`"$!input.path('$').${path}"`, { body: '{}' })).to.equal('""');
    });

    it("$input.params looks in the path, then in the query, then in the headers, in the sender's case", () => {
      const given = { path: { id: '1' }, query: { id: '2', q: '3' }, headers: { q: '4', 'X-Name': '5' } };
      expect(
        text("$input.params('id')$input.params('q')$input.params('X-Name')|$input.params('x-name')", given),
      ).to.equal('135|');
      expect(text("$input.params().header.get('X-Name')$input.params().querystring.id", given)).to.equal(
        '52',
      );
    });
  });

  describe('the variable $util', () => {
    for (const [expression, result] of [
      ['$util.escapeJavaScript("it\'s")', "it\\'s"],
      ['$util.escapeJavaScript("a/b\\c")', 'a\\/b\\\\c'],
      ['$util.escapeJavaScript("é€🐈")', '\\u00E9\\u20AC\\uD83D\\uDC08'],
      ['$util.escapeJavaScript(\'say "x"\')', 'say \\"x\\"'],
      ["$util.escapeJavaScript($input.path('$.t'))", '\\t\\u0001\\n'],
      ['$util.urlEncode("a b/é~*")', 'a+b%2F%C3%A9%7E*'],
      ['$util.urlDecode("a+b%2F")', 'a b/'],
      ['$util.base64Encode("é")', 'w6k='],
      ['$util.base64Decode("w6k=")', 'é'],
      ['$util.parseJson(\'{"a":[5]}\').a.get(0)', '5'],
    ] as const)
      it(`${expression} returns ${result}`, () => {
        expect(text(expression, { body: '{"t":"\\t\\u0001\\n"}' })).to.equal(result);
      });
  });

  describe('the methods of Java', () => {
    for (const [expression, result] of [
      ['replaceAll(".*:", "")', 'd.e'],
      ['replaceAll("[a-c]:", "")', 'd.e'],
      ['replaceAll(".", "x")', 'xxxxxxxxx'],
      ['replaceAll("(.):", "$1$1")', 'aabbccd.e'],
      ['replaceAll("\\.", "\\$")', 'a:b:c:d$e'],
      ['replaceFirst(":", "")', 'ab:c:d.e'],
      ['replace(".", "$1")', 'a:b:c:d$1e'],
      ['substring(2)', 'b:c:d.e'],
      ['substring(2, 3)', 'b'],
      ['lastIndexOf(":")', '5'],
      ['indexOf("x")', '-1'],
      ['length()', '9'],
      ['toUpperCase().toLowerCase().trim()', 'a:b:c:d.e'],
      ['split(":").size()', '4'],
      ['split(":").get(1)', 'b'],
      ['endsWith(".e")', 'true'],
      ['matches("a.*e")', 'true'],
      ['matches("a")', 'false'],
      ['contains("c:d")', 'true'],
    ] as const)
      it(`${expression} of a:b:c:d.e returns ${result}`, () => {
        expect(text(`#set($x = 'a:b:c:d.e')$x.${expression}`)).to.equal(result);
      });

    it('a method of another type or an index beyond the end fails instead of printing something', () => {
      for (const call of ['size()', 'get("a")', 'substring(10)', 'substring(3, 2)'])
        expect(() => text(`#set($x = 'a')$x.${call}`), call).to.throw(/expected/);
    });

    it('a map or a list in place of a text fails instead of printing something', () => {
      expect(() => text("$input.path('$')", { body: '{"a":1}' })).to.throw(/found a map/);
      expect(() => text("$util.escapeJavaScript($input.path('$'))", { body: '{"a":1}' })).to.throw(
        /found a map/,
      );
      expect(() => text("$input.path('$')", { body: '[{"a":1}]' })).to.throw(/found a list/);
    });
  });

  describe('the variable $context', () => {
    it('$context.responseOverride sets the status and headers of the response', () => {
      const { status, headers } = render(
        "#set($context.responseOverride.status = 409)#set($context.responseOverride.header.Location = 'x')",
      );
      expect({ status, headers }).to.deep.equal({ status: 409, headers: { Location: 'x' } });
    });

    it('$context.responseOverride ignores a number that is no HTTP status', () => {
      expect(render('#set($context.responseOverride.status = 99)').status).to.equal(undefined);
      expect(render('{}').status).to.equal(undefined);
    });
  });

  it('a value is never read as a template', () => {
    const body = JSON.stringify({ a: '$util.base64Encode("x") #set($y = 1) #end $input.body' });
    expect(text('#set($x = $input.json(\'$\'))$x|"$!x"', { body })).to.equal(`${body}|"${body}"`);
  });

  it('a missing value prints nothing', () => {
    const template = "#set($x = $input.path('$'))[$x.nothing][$x.nothing.length()][$!x.nothing]";
    expect(text(template, { body: '{"a":null}' })).to.equal('[][][]');
  });

  it('foreach iterates over the names of headers', () => {
    const template =
      '#foreach($n in $input.params().header.keySet())#if($n.equalsIgnoreCase("idempotency-key"))#set($k = $input.params().header.get($n))#end#end$k';
    expect(text(template, { headers: { Host: 'x', 'IDEMPOTENCY-Key': 'cat' } })).to.equal('cat');
  });

  it('$context and $stageVariables describe the request and the stage', () => {
    expect(
      text('$context.requestId $context.identity.sourceIp $context.stage $stageVariables.colour'),
    ).to.equal('the-request 127.0.0.1 prod blue');
  });

  describe('what is not supported', () => {
    for (const [template, found] of [
      ['\n$x', '$x'],
      ['\n$input.xml("$")', '$input.xml'],
      ['\n$input', '$input'],
      ['\n$util.toJson("x")', '$util.toJson'],
      ['\n$util.error("x")', '$util.error'],
      ['\n$context.authorizer.claims', '$context.authorizer'],
      ['\n#set($x = 1)$x.foo()', 'foo()'],
      ['\n"$util.escapeJavaScript("$input.body.nope()")"', 'nope()'],
      ["\n$input.path('$..a')", '$..a'],
      ["\n$input.json('$.a[?(@.b)]')", '$.a[?(@.b)]'],
      ["\n#set($x = 'a')$x.length", '$x.length'],
      ['\n#parse("x")', '#parse'],
      ['\n#macro(m)#end', '#m'],
      ['\n#evaluate("x")', '#evaluate'],
      ['\n#foo("x")', '#foo'],
      ['\n#set($context.stage = 1)', '$context.stage'],
      ['\n#set($context.requestOverride.path.a = 1)', '$context.requestOverride.path.a'],
      ['\n#set($x = 1)#if($x)#end', '$x'],
      ['\n#set($x = 1)#if($x == 1 && !$x)#end', '$x'],
      ["\n#set($x = 'a')$x.replaceAll('a++', 'b')", 'a++'],
      ['\n#set($x = 7 / 2)$x', '/'],
      ['\n#set($x = 7 % 0)$x', '%'],
      ['\na#stop', '#stop'],
    ] as const)
      it(`${template.trim()} is refused by name when the template is read`, () => {
        expect(() => compileTemplate(template))
          .to.throw(/^expected /)
          .with.property('message')
          .that.includes(`found ${found}`);
      });
  });
});

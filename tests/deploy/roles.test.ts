import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Role, rolesOf } from '../../local/roles.ts';
import { readTemplate, type Template } from '../../local/template.ts';
import { queueUrl, REAL_TEMPLATE, readReal } from '../local/template-file.ts';

/** The Python that has aws-sam-cli; `.ci/run` makes one. */
const { SAM_PYTHON } = process.env;

describe("AWS's own translator", function () {
  this.timeout(60_000);
  let folder: string;

  before(function () {
    if (!SAM_PYTHON) {
      console.log('    Skipped: set SAM_PYTHON to a Python with aws-sam-cli, as .ci/run does.');
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'transformed-'));
  });
  after(() => folder && rmSync(folder, { recursive: true, force: true }));

  /** The template as CloudFormation would have it after the SAM transform, its intrinsics carried out by our reader. */
  function transform(parameters: Record<string, string>): Template {
    const script = new URL('transform.py', import.meta.url).pathname;
    const overrides = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    const { status, stdout, stderr } = spawnSync(SAM_PYTHON ?? '', [script, REAL_TEMPLATE, ...overrides], {
      encoding: 'utf8',
    });
    expect(status, stderr).to.equal(0);
    const file = join(folder, 'transformed.json');
    writeFileSync(file, stdout);
    return readTemplate({ file, parameterOverrides: parameters, queueUrl, alsoTake: () => true });
  }

  for (const Architecture of ['arm64', 'x86_64'])
    it(`makes the same roles, with the same statements, as the local runtime enforces (${Architecture})`, () => {
      const theirs = rolesOf(transform({ Architecture }));
      const ours = rolesOf(readReal({ Architecture }));
      expect([...ours.keys()]).to.have.members([...theirs.keys()]);
      for (const [logicalId, role] of ours)
        expect(comparable(role), logicalId).to.deep.equal(comparable(theirs.get(logicalId)));
    });

  for (const [ApiAuth, security] of [
    ['AWS_IAM', [{ sigv4: [] }]],
    ['API_KEY', [{ apiKey: [] }]],
    ['NONE', []],
  ] as const)
    it(`leaves POST and GET with the security of ApiAuth=${ApiAuth}, and no method besides`, () => {
      const body = transform({ ApiAuth }).resources.get('ProcessImageApi')?.properties.Body;
      const methods = methodsOf(body);
      expect(methods.map(({ path, method }) => `${method} ${path}`)).to.have.members([
        'post /process-image',
        'get /process-image/{executionName}',
      ]);
      for (const method of methods) expect(method.security, method.path).to.deep.equal(security);
      const schemes = at(at(body, 'components'), 'securitySchemes');
      expect(at(at(schemes, 'sigv4'), 'x-amazon-apigateway-authtype')).to.equal('awsSigv4');
      expect(at(at(schemes, 'apiKey'), 'name')).to.equal('x-api-key');
    });

  for (const ApiAuth of ['AWS_IAM', 'API_KEY', 'NONE'])
    it(`with CorsOrigin adds an open OPTIONS beside each method, and nothing else (ApiAuth=${ApiAuth})`, () => {
      const bodyOf = (parameters: Record<string, string>) =>
        transform(parameters).resources.get('ProcessImageApi')?.properties.Body;
      const closed = methodsOf(bodyOf({ ApiAuth }));
      const open = methodsOf(bodyOf({ ApiAuth, CorsOrigin: 'https://www.example.com' }));
      const preflights = open.filter(({ method }) => method === 'options');
      expect(open.filter((method) => !preflights.includes(method))).to.deep.equal(closed);
      expect(preflights.map(({ path }) => path)).to.have.members(closed.map(({ path }) => path));
      for (const { security, integration } of preflights) {
        expect(security).to.deep.equal([]);
        // A mock calls nothing, whoever asks.
        expect(integration).to.equal('mock');
      }
    });

  it('declares with CorsOrigin the header of every answer that names it, as an import demands', () => {
    const template = transform({ CorsOrigin: 'https://www.example.com' });
    const body = template.resources.get('ProcessImageApi')?.properties.Body;
    const operations = Object.values(Object(at(body, 'paths'))).flatMap((path) =>
      Object.values(Object(path)),
    );
    const answers = operations.flatMap((operation) =>
      Object.values(Object(at(at(operation, 'x-amazon-apigateway-integration'), 'responses'))).map(
        (response) => ({
          response,
          method: at(at(operation, 'responses'), String(at(response, 'statusCode'))),
        }),
      ),
    );
    expect(answers).not.to.be.empty;
    for (const { response, method } of answers) {
      const parameters = Object.entries(Object(at(response, 'responseParameters')));
      expect(parameters).to.deep.include([
        'method.response.header.Access-Control-Allow-Origin',
        "'https://www.example.com'",
      ]);
      for (const [name] of parameters)
        expect(at(at(method, 'headers'), name.replace('method.response.header.', '')), name).to.be.an(
          'object',
        );
    }
    const gatewayResponses = Object.entries(Object(at(body, 'x-amazon-apigateway-gateway-responses')));
    expect(gatewayResponses.map(([type]) => type)).to.include.members(['DEFAULT_4XX', 'DEFAULT_5XX']);
    for (const [type, response] of gatewayResponses)
      expect(at(response, 'responseParameters'), type).to.deep.equal({
        'gatewayresponse.header.Access-Control-Allow-Origin': "'https://www.example.com'",
      });
  });

  it('makes one stage, prod, throttled', () => {
    const stages = [...transform({}).resources.values()].filter(
      ({ type }) => type === 'AWS::ApiGateway::Stage',
    );
    expect(stages.map(({ properties }) => properties.StageName)).to.deep.equal(['prod']);
    expect(stages[0]?.properties.MethodSettings).to.deep.equal([
      { ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    ]);
  });
});

/** A role without what has no bearing on what it may do: the order of its statements. */
function comparable(role: Role | undefined) {
  const statements = role?.statements.map((statement) => JSON.stringify(statement)).sort();
  return { ...role, statements };
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}

function methodsOf(
  body: unknown,
): { path: string; method: string; security: unknown; integration: unknown }[] {
  const paths = at(body, 'paths');
  return Object.entries(Object(paths)).flatMap(([path, methods]) =>
    Object.entries(Object(methods)).map(([method, operation]) => ({
      path,
      method,
      security: at(operation, 'security'),
      integration: at(at(operation, 'x-amazon-apigateway-integration'), 'type'),
    })),
  );
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { exportOpenApi } from '../../local/export-openapi.ts';
import { changedReal, REAL_TEMPLATE } from '../support/template-file.ts';

interface CollectionRequest {
  readonly request: { readonly method: string; readonly url: unknown };
  readonly event: readonly {
    readonly listen: string;
    readonly script: { readonly exec: readonly string[] };
  }[];
}

/** A Python interpreter with openapi-spec-validator; `.ci/run` installs one. */
const { SAM_PYTHON } = process.env;

describe('docs/openapi.yaml', () => {
  const written = readFileSync('docs/openapi.yaml', 'utf8');

  it('docs/openapi.yaml equals the output of npm run openapi', () => {
    expect(written, 'run npm run openapi').to.equal(exportOpenApi(REAL_TEMPLATE));
  });

  it('The output of npm run openapi changes when the template changes', () => {
    const longer = exportOpenApi(changedReal('maxLength: 1024', 'maxLength: 2048'));
    expect(parse(longer)).to.have.nested.property(
      'components.schemas.ProcessImageRequest.properties.key.maxLength',
      2048,
    );
  });

  it('docs/openapi.yaml contains no extension of API Gateway and no intrinsic of CloudFormation', () => {
    expect(written).not.to.match(/x-amazon|Fn::|!Sub|!If|AWS::|\$\{/);
  });

  it('docs/openapi.yaml names every operation and lets each be called with a signature, with a key or with neither', () => {
    const { paths, components } = parse(written);
    const operations = [
      paths['/process-image'].post,
      paths['/process-image/{executionName}'].get,
      paths['/uploads'].post,
    ];
    expect(operations.map(({ operationId }) => operationId)).to.deep.equal([
      'processImage',
      'getExecution',
      'createUpload',
    ]);
    for (const { security } of operations)
      expect(security).to.deep.equal([{ sigv4: [] }, { apiKey: [] }, {}]);
    expect(components.securitySchemes).to.have.all.keys('sigv4', 'apiKey');
  });

  it('docs/openapi.yaml has the URL of a stack with any API id and region, and the URL of npm start', () => {
    const [stack, local] = parse(written).servers;
    expect(stack.url).to.equal('https://{apiId}.execute-api.{region}.amazonaws.com/{stage}');
    expect(stack.variables).to.have.all.keys('apiId', 'region', 'stage');
    expect(stack.variables.stage.default).to.equal('prod');
    expect(local.url).to.equal('http://127.0.0.1:3000/prod');
  });

  it('docs/openapi.yaml names every status that the Postman collection expects of an operation', () => {
    const { paths } = parse(written);
    const statusesOf = (path: string, method: string) => Object.keys(paths[path]?.[method]?.responses ?? {});
    const { item: folders } = JSON.parse(
      readFileSync('postman/image-pipeline.postman_collection.json', 'utf8'),
    );
    const requests: CollectionRequest[] = folders.flatMap(({ item }: { item: CollectionRequest[] }) => item);
    const expected = requests.flatMap(({ request, event }) => {
      const [, path = ''] = /\{\{baseUrl\}\}(\/[\w-]+)/.exec(JSON.stringify(request.url)) ?? [];
      const test = event.find(({ listen }) => listen === 'test')?.script.exec.join('\n') ?? '';
      const statuses = [...test.matchAll(/status\(([^)]*)\)/g)].flatMap(
        ([call]) => call.match(/\d{3}/g) ?? [],
      );
      const method = request.method.toLowerCase();
      const named = statusesOf(method === 'get' ? `${path}/{executionName}` : path, method);
      return path === '/nowhere' ? [] : statuses.map((status) => ({ method, path, status, named }));
    });
    expect(expected).to.have.length.above(20);
    for (const { method, path, status, named } of expected)
      expect(named, `${method} ${path}`).to.include(status);
  });

  it('docs/openapi.yaml is valid OpenAPI 3.0', function () {
    if (!SAM_PYTHON) {
      console.log('    Skipped: set SAM_PYTHON to a Python with openapi-spec-validator, as .ci/run does.');
      return this.skip();
    }
    const validate = (document: string) =>
      spawnSync(SAM_PYTHON, ['-m', 'openapi_spec_validator', '--schema', '3.0', '-'], {
        input: document,
        encoding: 'utf8',
      });
    const { status, stdout, stderr } = validate(written);
    expect(status, stdout + stderr).to.equal(0);
    expect(validate(written.replace('in: header', 'in: nowhere')).status).not.to.equal(0);
  });
});

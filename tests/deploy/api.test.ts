import { expect } from 'chai';
import { at, type DeployedStack, entries, useTranslator } from './translator.ts';

describe('The deployed API', () => {
  const translator = useTranslator();

  for (const [ApiAuth, security] of [
    ['AWS_IAM', [{ sigv4: [] }]],
    ['API_KEY', [{ apiKey: [] }]],
    ['NONE', []],
  ] as const) {
    it(`The deployed API has only POST and GET, with the security of ApiAuth=${ApiAuth}`, async () => {
      const body = bodyOf(await translator().deploy({ ApiAuth }));
      const methods = methodsOf(body);
      expect(methods.map(({ path, method }) => `${method} ${path}`)).to.have.members([
        'post /process-image',
        'get /process-image/{executionName}',
      ]);
      for (const method of methods) expect(method.security, method.path).to.deep.equal(security);
      const schemes = at(body, 'components', 'securitySchemes');
      expect(at(schemes, 'sigv4', 'x-amazon-apigateway-authtype')).to.equal('awsSigv4');
      expect(at(schemes, 'apiKey', 'name')).to.equal('x-api-key');
    });

    it(`CorsOrigin adds an open OPTIONS to each path of the deployed API and changes nothing else, with ApiAuth=${ApiAuth}`, async () => {
      const CorsOrigin = 'https://www.example.com';
      const closed = methodsOf(bodyOf(await translator().deploy({ ApiAuth })));
      const open = methodsOf(bodyOf(await translator().deploy({ ApiAuth, CorsOrigin })));
      const preflights = open.filter(({ method }) => method === 'options');
      expect(open.filter((method) => !preflights.includes(method))).to.deep.equal(closed);
      expect(preflights.map(({ path }) => path)).to.have.members(closed.map(({ path }) => path));
      for (const { security, integration } of preflights) {
        expect(security).to.deep.equal([]);
        // A mock integration calls no service.
        expect(integration).to.equal('mock');
      }
    });
  }

  it('The deployed API with CorsOrigin declares the CORS header of every response that sets it, as API Gateway requires', async () => {
    const body = bodyOf(await translator().deploy({ CorsOrigin: 'https://www.example.com' }));
    const operations = entries(at(body, 'paths')).flatMap(([, path]) => entries(path));
    const answers = operations.flatMap(([, operation]) =>
      entries(at(operation, 'x-amazon-apigateway-integration', 'responses')).map(([, response]) => ({
        response,
        method: at(operation, 'responses', String(at(response, 'statusCode'))),
      })),
    );
    expect(answers).not.to.be.empty;
    for (const { response, method } of answers) {
      const parameters = entries(at(response, 'responseParameters'));
      expect(parameters).to.deep.include([
        'method.response.header.Access-Control-Allow-Origin',
        "'https://www.example.com'",
      ]);
      for (const [name] of parameters)
        expect(at(method, 'headers', name.replace('method.response.header.', '')), name).to.be.an('object');
    }
    const gatewayResponses = entries(at(body, 'x-amazon-apigateway-gateway-responses'));
    expect(gatewayResponses.map(([type]) => type)).to.include.members(['DEFAULT_4XX', 'DEFAULT_5XX']);
    for (const [type, response] of gatewayResponses)
      expect(at(response, 'responseParameters'), type).to.deep.equal({
        'gatewayresponse.header.Access-Control-Allow-Origin': "'https://www.example.com'",
      });
  });

  it('The deployed API has one stage, prod, with the throttling limits of the parameters', async () => {
    const { template } = await translator().deploy({ ApiRequestsPerSecond: '7', ApiBurst: '9' });
    const stages = [...template.resources.values()].filter(({ type }) => type === 'AWS::ApiGateway::Stage');
    expect(stages.map(({ properties }) => properties.StageName)).to.deep.equal(['prod']);
    expect(stages[0]?.properties.MethodSettings).to.deep.equal([
      { ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: '7', ThrottlingBurstLimit: '9' },
    ]);
  });

  it('The API key of the deployed API has a quota for each day, which ApiRequestsPerDay sets', async () => {
    for (const [parameters, Limit] of [
      [{}, '10000'],
      [{ ApiRequestsPerDay: '7' }, '7'],
    ] as const) {
      const { template } = await translator().deploy({ ApiAuth: 'API_KEY', ...parameters });
      expect(template.resources.get('ProcessImageUsagePlan')?.properties.Quota).to.deep.equal({
        Limit,
        Period: 'DAY',
      });
    }
  });

  it('The deployed API accepts only TLS 1.2 or newer', async () => {
    const { template } = await translator().deploy();
    expect(template.resources.get('ProcessImageApi')?.properties).to.include({
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
      EndpointAccessMode: 'STRICT',
    });
  });

  it('The deployed API writes access logs that are JSON whatever a caller sends, with ApiAccessLogs=true', async () => {
    const { template } = await translator().deploy({ ApiAccessLogs: 'true' });
    const [stage] = [...template.resources.values()].filter(({ type }) => type === 'AWS::ApiGateway::Stage');
    const format = String(at(stage?.properties, 'AccessLogSetting', 'Format'));
    const line = JSON.parse(format.replaceAll(/\$context\.[A-Za-z.]+/g, '-'));
    expect(Object.keys(line)).to.include.members(['requestId', 'traceId', 'status', 'milliseconds']);
    // Variables such as $context.error.messageString already contain quotes, which would end the string early.
    expect(format.match(/"\$context\.[A-Za-z.]+"/g)).to.have.length(Object.keys(line).length);
  });
});

function bodyOf({ template }: DeployedStack): unknown {
  return template.resources.get('ProcessImageApi')?.properties.Body;
}

function methodsOf(
  body: unknown,
): { path: string; method: string; security: unknown; integration: unknown }[] {
  return entries(at(body, 'paths')).flatMap(([path, methods]) =>
    entries(methods).map(([method, operation]) => ({
      path,
      method,
      security: at(operation, 'security'),
      integration: at(operation, 'x-amazon-apigateway-integration', 'type'),
    })),
  );
}

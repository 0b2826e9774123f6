/** `npm run openapi`: writes docs/openapi.yaml, the input for client generators, from template.yaml. */
import { writeFileSync } from 'node:fs';
import type { Api } from 'aws-on-one-machine';
import { apisOf, readTemplate } from 'aws-on-one-machine';
import { stringify } from 'yaml';

const NOTE = '# Made by `npm run openapi` from template.yaml: change it there.\n';
/** The allowed values of ApiAuth. A caller has to know which of them the stack was deployed with. */
const API_AUTHS = ['AWS_IAM', 'API_KEY', 'NONE'];

/**
 * Returns the template's API as OpenAPI 3.0 in YAML: without API Gateway's extensions, with the servers of a deployed
 * and of a local stack, and with the security requirements of all values of ApiAuth as alternatives.
 * @throws Error if the template has no API.
 */
export function exportOpenApi(templateFile: string): string {
  const security = API_AUTHS.map((ApiAuth) => securityOf(readApi(templateFile, { ApiAuth })));
  const api = readApi(templateFile);
  const document: unknown = JSON.parse(JSON.stringify(api.definitionBody.raw), (name, value: unknown) => {
    if (name.startsWith('x-amazon-')) return undefined;
    return name === 'security' ? security : value;
  });
  const servers = serversOf(api);
  return NOTE + stringify({ ...Object(document), servers }, { aliasDuplicateObjects: false, lineWidth: 110 });
}

function readApi(file: string, parameterOverrides: Record<string, string> = {}): Api {
  const template = readTemplate({
    file,
    // With all methods that a deployment can have.
    parameterOverrides: { BrowserUploads: 'true', ...parameterOverrides },
    queueUrl: (logicalId) => logicalId,
  });
  const [api] = apisOf(template);
  if (!api) throw new Error(`Expected an AWS::Serverless::Api in ${file} but found none.`);
  return api;
}

/** The security requirement of one deployment; {} requires nothing. */
function securityOf({ definitionBody }: Api): unknown {
  const operation = definitionBody.at('paths').at('/process-image').at('post');
  return operation.at('security').list()[0]?.raw ?? {};
}

function serversOf({ stageName }: Api): unknown {
  return [
    {
      url: 'https://{apiId}.execute-api.{region}.amazonaws.com/{stage}',
      description: 'A deployed stack: its output ProcessImageUrl begins so.',
      variables: {
        apiId: { default: 'abcde12345' },
        region: { default: 'us-east-1' },
        stage: { default: stageName },
      },
    },
    { url: `http://127.0.0.1:3000/${stageName}`, description: '`npm start`' },
  ];
}

if (import.meta.main) writeFileSync('docs/openapi.yaml', exportOpenApi('template.yaml'));

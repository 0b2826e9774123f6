/** `npm run openapi`: docs/openapi.yaml, which client generators take, out of template.yaml. */
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { Api } from '../runtime/api-gateway/apis.ts';
import { apisOf, readTemplate } from '../runtime/template/template.ts';

const NOTE = '# Made by `npm run openapi` from template.yaml: change it there.\n';
/** The parameter's allowed values: who calls a stack has to know which of them it was deployed with. */
const API_AUTHS = ['AWS_IAM', 'API_KEY', 'NONE'];

/**
 * Gives the template's API as OpenAPI 3.0 in YAML: without API Gateway's own extensions, with the servers that it may
 * have, and with the security of every ApiAuth, any one of which is enough.
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
  const template = readTemplate({ file, parameterOverrides, queueUrl: (logicalId) => logicalId });
  const [api] = apisOf(template);
  if (!api) throw new Error(`Expected an AWS::Serverless::Api in ${file} but found none.`);
  return api;
}

/** What one deployment asks of who calls; {} asks nothing. */
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

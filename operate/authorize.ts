import { APIGatewayClient, GetApiKeyCommand } from '@aws-sdk/client-api-gateway';
import { type CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { SignatureV4 } from '@smithy/signature-v4';

/** Adds what the API's `ApiAuth` requires to a request: nothing, an API key or a signature. */
export type Authorize = (url: string, init: RequestInit) => Promise<RequestInit>;

/**
 * @param apiAuth the stack's parameter.
 * @param client has the credentials and the region.
 * @param apiKey the key with `API_KEY`; without it, AWS is asked.
 */
export function authorizeBy(
  apiAuth: string | undefined,
  stackName: string,
  client: CloudFormationClient,
  apiKey = process.env.API_KEY,
): Authorize {
  switch (apiAuth) {
    case 'NONE':
      return async (_, init) => init;
    case 'API_KEY': {
      let key: Promise<string> | undefined;
      return async (_, init) => {
        key ??= apiKey ? Promise.resolve(apiKey) : askApiKey(stackName, client);
        const headers = { ...Object.fromEntries(new Headers(init.headers)), 'x-api-key': await key };
        return { ...init, headers };
      };
    }
    default:
      return (url, init) => sign(url, init, client);
  }
}

/** Asks AWS for the API key of a stack. @throws Error if there is none; the SDK's error. */
export async function askApiKey(StackName: string, client: CloudFormationClient): Promise<string> {
  const { StackResourceDetail } = await client.send(
    new DescribeStackResourceCommand({ StackName, LogicalResourceId: 'ProcessImageApiKey' }),
  );
  const { region, credentials } = client.config;
  const { value } = await new APIGatewayClient({ region, credentials }).send(
    new GetApiKeyCommand({ apiKey: StackResourceDetail?.PhysicalResourceId, includeValue: true }),
  );
  if (!value) throw new Error(`Expected an API key of the stack ${StackName} but AWS returned none.`);
  return value;
}

/** Signs a request with Signature Version 4 for execute-api, with the credentials that the SDK has found. */
async function sign(url: string, init: RequestInit, { config }: CloudFormationClient): Promise<RequestInit> {
  const { protocol, hostname, host, port, pathname } = new URL(url);
  const { credentials, region, sha256 } = config;
  const signer = new SignatureV4({ credentials, region, sha256, service: 'execute-api' });
  const { body } = init;
  const { headers } = await signer.sign({
    method: init.method ?? 'GET',
    protocol,
    hostname,
    ...(port && { port: Number(port) }),
    path: pathname,
    query: {},
    headers: { ...Object.fromEntries(new Headers(init.headers)), host },
    ...(body && { body }),
  });
  return { ...init, headers };
}

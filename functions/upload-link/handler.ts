import { S3Client } from '@aws-sdk/client-s3';
import { readConfiguration } from './configuration.ts';
import { createLink } from './create-link.ts';
import { InvalidUploadError, readUploadRequest } from './upload-request.ts';

/** What this function reads of API Gateway's event for a Lambda proxy integration. */
interface ProxyEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

interface ProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const configuration = readConfiguration(process.env);
const client = new S3Client({});

/**
 * Lambda's entry point: answers POST /uploads with a link for one upload, or with the reason for which there is none.
 * @throws the SDK's error if there are no credentials to sign with; API Gateway then answers 502.
 */
export async function handler(event: ProxyEvent): Promise<ProxyAnswer> {
  if (!isJson(event.headers ?? {}))
    return answer(415, { message: 'Expected the content type application/json.' });
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  try {
    return answer(200, await createLink(readUploadRequest(body, configuration), configuration, client));
  } catch (error) {
    if (!(error instanceof InvalidUploadError)) throw error;
    return answer(400, { message: error.message });
  }
}

/** Without a Content-Type, API Gateway assumes JSON, so this function does too. */
function isJson(headers: Readonly<Record<string, string | undefined>>): boolean {
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return found === undefined || /^application\/json *(;|$)/i.test(found);
}

function answer(statusCode: number, body: object): ProxyAnswer {
  const { corsOrigin } = configuration;
  return {
    statusCode,
    headers: {
      'Content-Type': 'application/json',
      // A link is for one upload of one visitor.
      'Cache-Control': 'no-store',
      ...(corsOrigin && { 'Access-Control-Allow-Origin': corsOrigin }),
    },
    body: JSON.stringify(body),
  };
}

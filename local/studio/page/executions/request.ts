import type { StackFacts } from '../../stack-facts.ts';

/** What somebody has chosen in the form. */
export interface Choice {
  readonly what: 'all' | 'key' | 'prefix';
  readonly key: string;
  readonly prefix: string;
  readonly force: boolean;
  /** Not of one image: docs/openapi.yaml. */
  readonly dryRun: boolean;
}

/** The body of POST /process-image. */
export function bodyOf({ what, key, prefix, force, dryRun }: Choice): object {
  return {
    ...(what === 'key' && { key }),
    ...(what === 'prefix' && { prefix }),
    ...(force && { force }),
    ...(dryRun && what !== 'key' && { dryRun }),
  };
}

/** Why the API would refuse it; undefined if it would not. */
export function problemOf({ what, key, prefix }: Choice): string | undefined {
  if (what === 'key' && !/^input\/./.test(key))
    return 'Expected a key that starts with input/, such as input/cat.jpg.';
  if (what === 'prefix' && !prefix.startsWith('input/'))
    return 'Expected a prefix that starts with input/, such as input/2026/.';
  return undefined;
}

type Api = Pick<StackFacts, 'apiAuth' | 'apiKey' | 'processImageUrl' | 'region' | 'isLocal'>;

/** The command that sends the same. */
export function curlOf(body: object, { processImageUrl, ...api }: Api): string {
  const json = quoted(JSON.stringify(body));
  return `curl -X POST ${processImageUrl}${credentialsOf(api)} -H 'Content-Type: application/json' -d ${json}`;
}

/** As a word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function credentialsOf({ apiAuth, apiKey, region, isLocal }: Omit<Api, 'processImageUrl'>): string {
  if (apiAuth === 'API_KEY')
    return ` -H ${apiKey === undefined ? '"x-api-key: $API_KEY"' : quoted(`x-api-key: ${apiKey}`)}`;
  if (apiAuth === 'NONE') return '';
  const signed = ` --aws-sigv4 aws:amz:${region}:execute-api`;
  return isLocal
    ? `${signed} --user anybody:anything`
    : // curl would sign the header of a token that is not set, and not send it.
      `${signed} --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \${AWS_SESSION_TOKEN:+-H"x-amz-security-token: $AWS_SESSION_TOKEN"}`;
}

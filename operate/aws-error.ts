/** Errors of AWS and of its SDK, each as one line that says what to do. */

interface Explanation {
  readonly names: readonly string[];
  readonly explain: (message: string) => string;
}

/** Every request of the same caller gets these. */
const ABOUT_CALLER: readonly Explanation[] = [
  {
    names: ['CredentialsProviderError'],
    explain: () =>
      'There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile.',
  },
  {
    names: ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'],
    explain: () => 'The AWS credentials have expired: get new ones, such as by "aws sso login".',
  },
  {
    names: [
      'InvalidAccessKeyId',
      'InvalidClientTokenId',
      'InvalidToken',
      'SignatureDoesNotMatch',
      'UnrecognizedClientException',
    ],
    explain: () =>
      'AWS does not accept these credentials: look at AWS_ACCESS_KEY_ID and the other variables.',
  },
  {
    names: ['AccessDenied', 'AccessDeniedException', 'Forbidden', '403'],
    explain: (message) => `You have no permission: ${message}`,
  },
  { names: ['NoSuchBucket'], explain: (message) => `The bucket of the stack is gone: ${message}` },
];

/** Whether every other request would fail for the same reason. */
export function isAboutCaller(error: unknown): boolean {
  return error instanceof Error && (isUnreachable(error) || explanationOf(error) !== undefined);
}

/** The message of any other error is kept as it is. */
export function explainAwsError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message === 'Region is missing')
    return 'There is no region: set AWS_REGION, or name one with --region.';
  const message = error.message.replace(/\s+/g, ' ').trim();
  if (isUnreachable(error)) return `There is no connection: ${message || codeOf(error)}`;
  return explanationOf(error)?.explain(message) ?? error.message;
}

function explanationOf({ name }: Error): Explanation | undefined {
  return ABOUT_CALLER.find(({ names }) => names.includes(name));
}

function isUnreachable(error: Error): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(codeOf(error));
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

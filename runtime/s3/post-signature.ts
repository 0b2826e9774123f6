// Who signed a form. Follows "Authenticating requests in browser-based uploads using POST (AWS Signature Version 4)" and,
// because boto3 can still sign with it, "HTML forms (Amazon signature version 2)". Error messages that these pages do
// not state are those that S3 answers with.

import { createHmac } from 'node:crypto';
import type { Credentials } from '../iam/index.ts';
import { REGION } from '../template/index.ts';
import { S3Error } from './error.ts';
import { invalidField, missingField } from './post-form.ts';

type Fields = ReadonlyMap<string, string>;

/** The fields of each version, in the order in which S3 reports that they are missing. */
const VERSION_4 = ['X-Amz-Signature', 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date'] as const;
const VERSION_2 = ['Signature', 'AWSAccessKeyId'] as const;

export interface FormSignature {
  readonly accessKeyId: string;
  /** The policy as it was signed: in Base64. */
  readonly policy: string;
  /** The form's credential and the region in it; undefined for version 2, which has no region. */
  readonly scope: { readonly credential: string; readonly region: string } | undefined;
  readonly token: string | undefined;
  readonly provided: string;
  readonly calculate: (secretAccessKey: string) => string;
}

/**
 * Reads the signature of a form, without verifying it; undefined if the form is anonymous.
 * @throws S3Error InvalidArgument
 */
export function readSignature(fields: Fields): FormSignature | undefined {
  const hasAny = (names: readonly string[]): boolean => names.some((name) => fields.has(name.toLowerCase()));
  if (hasAny(VERSION_4)) return readVersion4(fields);
  return hasAny(VERSION_2) ? readVersion2(fields) : undefined;
}

/** @throws S3Error InvalidAccessKeyId, InvalidToken, InvalidArgument or SignatureDoesNotMatch, unless these credentials signed. */
export function verifySignature(signature: FormSignature, credentials: Credentials): void {
  const { accessKeyId, policy, scope, token, provided } = signature;
  // The credentials of a role are temporary: without their token, AWS does not know them.
  if (token === undefined)
    throw new S3Error(
      403,
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
      { AWSAccessKeyId: accessKeyId },
    );
  if (token !== credentials.sessionToken)
    throw new S3Error(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.', {
      'Token-0': token,
    });
  if (scope !== undefined && scope.region !== REGION) throw wrongRegion(scope);
  if (provided !== signature.calculate(credentials.secretAccessKey))
    throw new S3Error(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      {
        AWSAccessKeyId: accessKeyId,
        StringToSign: policy,
        SignatureProvided: provided,
        StringToSignBytes: Buffer.from(policy)
          .toString('hex')
          .replace(/..(?=.)/g, '$& '),
      },
    );
}

function readVersion4(fields: Fields): FormSignature {
  const [provided = '', algorithm = '', credential = '', date = ''] = VERSION_4.map((name) =>
    required(fields, name),
  );
  if (algorithm !== 'AWS4-HMAC-SHA256')
    throw invalidField('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"', 'X-Amz-Algorithm', algorithm);
  const [, accessKeyId, day, region] = /^([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/.exec(credential) ?? [];
  if (accessKeyId === undefined || day === undefined || region === undefined)
    throw invalidField(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
      'X-Amz-Credential',
      credential,
    );
  if (!/^\d{8}T\d{6}Z$/.test(date))
    throw invalidField('X-Amz-Date must be formated via ISO8601 Long format', 'X-Amz-Date', date);
  const policy = required(fields, 'policy');
  return {
    accessKeyId,
    policy,
    scope: { credential, region },
    token: fields.get('x-amz-security-token'),
    provided,
    calculate: (secret) => {
      let key: string | Buffer = `AWS4${secret}`;
      for (const part of [day, region, 's3', 'aws4_request'])
        key = createHmac('sha256', key).update(part).digest();
      return createHmac('sha256', key).update(policy).digest('hex');
    },
  };
}

function readVersion2(fields: Fields): FormSignature {
  const [provided = '', accessKeyId = ''] = VERSION_2.map((name) => required(fields, name));
  const policy = required(fields, 'policy');
  return {
    accessKeyId,
    policy,
    scope: undefined,
    token: fields.get('x-amz-security-token'),
    provided,
    calculate: (secret) => createHmac('sha1', secret).update(policy).digest('base64'),
  };
}

function wrongRegion({ credential, region }: { credential: string; region: string }): S3Error {
  const message = `the region '${region}' is wrong; expecting '${REGION}'`;
  return invalidField(message, 'X-Amz-Credential', credential, { Region: REGION });
}

function required(fields: Fields, name: string): string {
  const value = fields.get(name.toLowerCase());
  if (value === undefined) throw missingField(name);
  return value;
}

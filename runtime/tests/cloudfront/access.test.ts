// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.

// What a distribution may read. Follows "Restrict access to an Amazon S3 origin".

import { expect } from 'chai';
import { useDistribution } from './distribution.ts';

const CONDITION =
  "'AWS:SourceArn': !Sub 'arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Site}'";

describe('What a distribution may read', () => {
  describe('with both statements of the bucket policy', () => {
    const { put, get, forwarded, warnings } = useDistribution();

    it('what is below the origin path is reached, and nothing else of the bucket', async () => {
      await put('site/a', 'one');
      await put('runs/secret', 'secret');
      await put('secret', 'secret');
      expect(String((await get('/a')).body)).to.equal('one');
      for (const path of [
        '/runs/secret',
        '/../runs/secret',
        '/%2e%2e/runs/secret',
        '/..%2fruns/secret',
        '//runs/secret',
        '/./../../local-pages/runs/secret',
        '/a/../../secret',
      ]) {
        const { status, body } = await get(path);
        expect({ path, status }).to.deep.equal({ path, status: 404 });
        expect(String(body)).to.include('<Code>NoSuchKey</Code>');
      }
    });

    it('a listing cannot be reached', async () => {
      await put('site/a', 'one');
      for (const path of [
        '/',
        '//',
        '/?list-type=2',
        '/?prefix=&list-type=2',
        '//?versions',
        '/?v=1&uploads',
      ]) {
        const { status, body } = await get(path);
        expect({ path, status }).to.deep.equal({ path, status: 404 });
        expect(String(body)).to.include('<Code>NoSuchKey</Code>').and.not.include('<Contents>');
      }
      expect(forwarded().every((request) => /^GET \/local-pages\/site\/\/?$/.test(request))).to.equal(true);
      expect(warnings()).to.deep.equal([]);
    });

    it('credentials in the URL or in a header of a viewer do not reach the bucket', async () => {
      await put('runs/secret', 'secret');
      const signature = 'X-Amz-Credential=administrator/20260101/us-east-1/s3/aws4_request&X-Amz-Signature=0';
      expect((await get(`/../runs/secret?${signature}&AWSAccessKeyId=administrator`)).status).to.equal(404);
      const authorization = 'AWS4-HMAC-SHA256 Credential=administrator/20260101/us-east-1/s3/aws4_request';
      expect((await get('/../runs/secret', { authorization })).status).to.equal(404);
    });
  });

  for (const [what, changes, existing, missing] of [
    [
      'without a statement for s3:ListBucket',
      { 'Action: s3:ListBucket': 'Action: s3:GetBucketLocation' },
      200,
      403,
    ],
    [
      'without a statement for s3:GetObject',
      { 'Action: s3:GetObject': 'Action: s3:GetObjectTagging' },
      403,
      403,
    ],
    ['with the ARN of another distribution', { [CONDITION]: CONDITION.replace('${Site}', 'E1') }, 403, 403],
    ['with another account', { [CONDITION]: "'AWS:SourceAccount': '111111111111'" }, 403, 403],
    ['with this account', { [CONDITION]: "'aws:sourceaccount': !Ref AWS::AccountId" }, 200, 404],
    [
      'with a pattern that does not cover the object',
      {
        "!Sub '${Pages.Arn}/site/*'\n            Condition: &":
          "!Sub '${Pages.Arn}/other/*'\n            Condition: &",
      },
      403,
      403,
    ],
    [
      'with ArnLike and a wildcard',
      {
        [`StringEquals: { ${CONDITION}`]:
          "ArnLike: { 'aws:SourceArn': 'arn:aws:cloudfront::*:distribution/*'",
      },
      200,
      404,
    ],
    [
      'with StringEquals and a wildcard, which is none there',
      { [CONDITION]: "'AWS:SourceArn': 'arn:aws:cloudfront::*:distribution/*'" },
      403,
      403,
    ],
  ] as const)
    describe(`a bucket policy ${what}`, () => {
      const { put, get } = useDistribution(changes);

      it(`an object that exists is answered with ${existing}, and one that does not with ${missing}`, async () => {
        await put('site/a', 'one');
        const [found, lost] = [await get('/a'), await get('/b')];
        expect([found.status, lost.status]).to.deep.equal([existing, missing]);
        if (existing === 403) expect(found.headers['x-cache']).to.equal('Error from cloudfront');
        // S3 sends no Cache-Control with a 403, so that CloudFront does not cache it.
        if (missing === 403) {
          await put('site/b', 'two');
          expect((await get('/b')).status).to.equal(existing);
        }
      });
    });
});

// The code of ImagesCacheControlFunction in template.yaml, run with CloudFront's event: docs/deliver.md.

import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { readReal } from '../support/template-file.ts';

const ETAG = '"3f2a9c01d45e6b7c8d9e0f1a2b3c4d5e"';
const OF_THE_OBJECT = 'public, max-age=300';
const FOR_A_YEAR = 'public, max-age=31536000, immutable';

/** An event of CloudFront Functions, version 1.0, for a viewer response. */
function eventOf(version: string | undefined, etag: string | undefined, vary?: string) {
  const headers = {
    'content-type': { value: 'image/avif' },
    'cache-control': { value: OF_THE_OBJECT },
    ...(etag !== undefined && { etag: { value: etag } }),
    ...(vary !== undefined && { vary: { value: vary } }),
  };
  return {
    version: '1.0',
    context: {
      distributionDomainName: 'd111111abcdef8.cloudfront.net',
      distributionId: 'EDFDVBD6EXAMPLE',
      eventType: 'viewer-response',
      requestId: 'EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE==',
    },
    viewer: { ip: '1.2.3.4' },
    request: {
      method: 'GET',
      uri: '/cat.jpg/large.avif',
      querystring: version === undefined ? {} : { v: { value: version } },
      headers: { host: { value: 'images.example.com' } },
      cookies: {},
    },
    response: { statusCode: 200, statusDescription: 'OK', headers, cookies: {} },
  };
}

describe('The function that sets Cache-Control', () => {
  const code = readReal({ Delivery: 'CLOUDFRONT' }).resources.get('ImagesCacheControlFunction')?.properties
    .FunctionCode;

  for (const [what, version, etag, expected] of [
    ['with the version of the content', '3f2a9c01d45e', ETAG, FOR_A_YEAR],
    ['with the version of content that CloudFront has compressed', '3f2a9c01d45e', `W/${ETAG}`, FOR_A_YEAR],
    ['with the version of other content', '000000000000', ETAG, OF_THE_OBJECT],
    ['without a version', undefined, ETAG, OF_THE_OBJECT],
    ['with an empty version', '', ETAG, OF_THE_OBJECT],
    ['with a part of the version, which other content may share', '3f2a', ETAG, OF_THE_OBJECT],
    ['with the whole ETag', ETAG.replaceAll('"', ''), ETAG, OF_THE_OBJECT],
    ['with a version, for an answer that has no ETag', '3f2a9c01d45e', undefined, OF_THE_OBJECT],
  ] as const)
    it(`The function that sets Cache-Control answers a URL ${what} with ${expected}`, () => {
      const event = eventOf(version, etag);
      const answer: unknown = runInNewContext(`${code}\nJSON.stringify(handler(event))`, { event });
      const { response } = eventOf(version, etag);
      expect(JSON.parse(String(answer))).to.deep.equal({
        ...response,
        headers: { ...response.headers, 'cache-control': { value: expected }, vary: { value: 'Origin' } },
      });
    });

  for (const [vary, expected] of [
    ['Accept-Encoding', 'Accept-Encoding, Origin'],
    ['Origin', 'Origin'],
    ['Accept-Encoding, Origin', 'Accept-Encoding, Origin'],
  ] as const)
    it(`The function that sets Cache-Control makes Vary: ${expected} of ${vary}, so that a browser asks again when a page needs CORS headers`, () => {
      const event = eventOf(undefined, ETAG, vary);
      const answer: unknown = runInNewContext(`${code}\nJSON.stringify(handler(event).headers.vary)`, {
        event,
      });
      expect(JSON.parse(String(answer))).to.deep.equal({ value: expected });
    });
});

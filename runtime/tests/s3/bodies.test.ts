// How request bodies arrive: whole, in chunks, with checksums, or incomplete.
// The AWS document that a test follows stands behind its title.

import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { Bucket, incoming, send, useService } from './service.ts';

const MIB = 1024 * 1024;

describe('S3: request bodies', () => {
  const { service, get, keys } = useService();

  describe('request bodies (AWS: Checking object integrity in Amazon S3; Signature Version 4, transferring payload in multiple chunks)', () => {
    const digits = '123456789';
    const right: Record<string, string> = {
      'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==',
      'x-amz-checksum-crc32': 'y/Q5Jg==',
      'x-amz-checksum-crc32c': '4waSgw==',
      'x-amz-checksum-crc64nvme': 'rosUhgp5mIg=',
      'x-amz-checksum-sha1': '98O8HYCOBHMq32eZZczDTKeuNEE=',
      'x-amz-checksum-sha256': 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
      'x-amz-content-sha256': createHash('sha256').update(digits).digest('hex'),
    };

    for (const [header, value] of Object.entries(right)) {
      it(`a body is checked against ${header} (checking object integrity)`, async () => {
        const good = await send(service(), 'PUT', '/notes/good', { [header]: value }, digits);
        const bad = await send(service(), 'PUT', '/notes/bad', { [header]: value }, '987654321');

        expect(good.status).to.equal(200);
        expect(bad.status).to.equal(400);
        expect(bad.body).to.match(/<Code>(BadDigest|XAmzContentSHA256Mismatch)<\/Code>/);
        expect(await keys()).to.deep.equal(['good']);
        expect(service().events()).to.have.length(1);
      });
    }

    it('a stream is accepted in chunks that are followed by a checksum (aws-chunked trailers)', async () => {
      const bytes = Buffer.alloc(300_000, 'x');

      // The SDK sends a stream as aws-chunked, with its checksum in a trailer.
      await service().client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'stream',
          Body: Readable.from([bytes]),
          ContentLength: bytes.length,
        }),
      );

      const head = await service().client.send(
        new HeadObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }),
      );
      expect(await get('stream')).to.equal(bytes.toString());
      expect(head.ChecksumCRC32).to.equal(crc32Base64(bytes));
      expect(head.ContentEncoding).to.equal(undefined);
    });

    const chunked = (scheme: string, decoded: number, more: Record<string, string> = {}) => ({
      'x-amz-content-sha256': scheme,
      'x-amz-decoded-content-length': String(decoded),
      'content-encoding': 'aws-chunked',
      ...more,
    });
    const signature = `;chunk-signature=${'0'.repeat(64)}`;

    it('a body in signed chunks is stored without their framing (sigv4-streaming)', async () => {
      const body = `9${signature}\r\n${digits}\r\n0${signature}\r\n\r\n`;

      const answer = await send(
        service(),
        'PUT',
        '/notes/a',
        chunked('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 9),
        body,
      );

      expect(answer.status).to.equal(200);
      expect(await get('a')).to.equal(digits);
    });

    it('a body in signed chunks with a signed trailer is stored without their framing and checked (sigv4-streaming-trailers)', async () => {
      const headers = chunked('STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 9, {
        'x-amz-trailer': 'x-amz-checksum-crc32c',
      });
      const body = (sum: string) =>
        `9${signature}\r\n${digits}\r\n0${signature}\r\nx-amz-checksum-crc32c:${sum}\r\nx-amz-trailer-signature:${'0'.repeat(64)}\r\n\r\n`;

      const good = await send(service(), 'PUT', '/notes/good', headers, body('4waSgw=='));
      const bad = await send(service(), 'PUT', '/notes/bad', headers, body('AAAAAA=='));

      expect([good.status, bad.status]).to.deep.equal([200, 400]);
      expect(bad.body).to.include('BadDigest');
      expect(await keys()).to.deep.equal(['good']);
    });

    it('a body whose chunks are framed wrongly is refused, and nothing is stored (sigv4-streaming)', async () => {
      const trailer = { 'x-amz-trailer': 'x-amz-checksum-crc32' };
      const unsigned = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
      const broken: [Record<string, string>, string][] = [
        [chunked('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 9), `9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 9), `9\r\n${digits}`],
        [chunked(unsigned, 9), `9\r\n${digits}\r\n0\r\n`],
        [chunked(unsigned, 9), `8\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 9), `x\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 8), `9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 10), `9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 18), `9\r\n${digits}\r\n9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 9, trailer), `9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 9, trailer), `9\r\n${digits}\r\n0\r\nx-amz-checksum-crc32:nonsense\r\n\r\n`],
      ];
      for (const [headers, body] of broken) {
        const answer = await send(service(), 'PUT', '/notes/a', headers, body);
        expect(answer.status, JSON.stringify(body)).to.be.within(400, 403);
      }
      expect(await keys()).to.deep.equal([]);
      expect(service().events()).to.deep.equal([]);
    });

    it('a body that ends before its Content-Length stores nothing (RESTErrorResponses, IncompleteBody)', async () => {
      const { port } = new URL(service().url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write('PUT /notes/half HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n');
      socket.write('x'.repeat(50_000));
      await waitUntil(() => incoming(service()).length > 0);

      socket.destroy();

      await waitUntil(() => incoming(service()).length === 0);
      expect(await keys()).to.deep.equal([]);
      expect(service().events()).to.deep.equal([]);
    });

    it('a body of 100 MB is stored and read without being held in memory whole (API_PutObject)', async () => {
      const piece = Buffer.alloc(5 * MIB, 'x');
      const before = heldBytes();
      let most = 0;
      async function* pieces() {
        for (let sent = 0; sent < 20; sent++) {
          yield piece;
          most = Math.max(most, heldBytes());
        }
      }

      const Body = Readable.from(pieces());
      const ContentLength = 20 * piece.length;
      await service().client.send(new PutObjectCommand({ Bucket, Key: 'huge', Body, ContentLength }));
      const answer = await service().client.send(new GetObjectCommand({ Bucket, Key: 'huge' }));
      let read = 0;
      for await (const chunk of answer.Body instanceof Readable ? answer.Body : []) {
        if (Math.floor((read + chunk.length) / piece.length) > Math.floor(read / piece.length)) {
          most = Math.max(most, heldBytes());
        }
        read += chunk.length;
      }

      expect(read).to.equal(ContentLength);
      expect(most - before).to.be.below(ContentLength / 4);
    });

    it('a body without a length is refused (API_PutObject, MissingContentLength)', async () => {
      const answer = await fetch(`${service().url}/notes/a`, {
        method: 'PUT',
        body: new Blob(['x']).stream(),
        duplex: 'half',
      });

      expect(answer.status).to.equal(411);
    });

    it('a body with two checksums, or with another checksum than it announces, is refused (API_PutObject)', async () => {
      const two = {
        'x-amz-checksum-crc32': 'y/Q5Jg==',
        'x-amz-checksum-sha1': '98O8HYCOBHMq32eZZczDTKeuNEE=',
      };
      const other = { 'x-amz-sdk-checksum-algorithm': 'SHA256', 'x-amz-checksum-crc32': 'y/Q5Jg==' };
      const unknown = { 'x-amz-checksum-sha512': 'AAAA' };

      const answers = [];
      for (const headers of [two, other, unknown]) {
        answers.push((await send(service(), 'PUT', '/notes/a', headers, digits)).status);
      }

      expect(answers).to.deep.equal([400, 400, 501]);
    });
  });
});

function crc32Base64(bytes: Buffer): string {
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc32(bytes));
  return digest.toString('base64');
}

// Garbage that is not collected yet must not count, and Mocha is not started with --expose-gc.
setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

function heldBytes(): number {
  if (typeof collectGarbage !== 'function') throw new Error('Expected gc to be exposed');
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

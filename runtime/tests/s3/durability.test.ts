// Whenever the process is killed: what was acknowledged is stored, and nothing is stored in part.

import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { type Child, dieWhile, startChild } from './killed-service.ts';
import type { Moment } from './process.ts';
import { clientFor, incoming, type RunningService, startService, stopAndRemove } from './service.ts';

const Bucket = 'notes';

describe('S3: a kill -9', () => {
  let directory: string;
  let service: RunningService | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 's3-test-'));
  });

  afterEach(async () => {
    if (service !== undefined) await stopAndRemove(service);
    service = undefined;
  });

  const restart = async () => {
    service = await startService(directory);
    return service;
  };

  const beginAndFinish = async () => {
    service = await startService(directory);
    await service.client.send(new PutObjectCommand({ Bucket, Key: 'cat.jpg', Body: 'old' }));
    await service.stop();
    service = undefined;
  };

  const outcomes: [Moment, string, number][] = [
    ['event recorded', 'old', 1],
    ['before rename', 'new!', 2],
    ['after rename', 'new!', 2],
  ];
  for (const [moment, body, events] of outcomes) {
    it(`during a replacement (${moment}) leaves the ${body === 'old' ? 'old' : 'new'} object and its events`, async () => {
      await beginAndFinish();
      await dieWhile(directory, moment, (client) =>
        client.send(new PutObjectCommand({ Bucket, Key: 'cat.jpg', Body: 'new!' })),
      );

      const after = await restart();

      expect(await read(after, 'cat.jpg')).to.equal(body);
      expect(after.events().map(({ size }) => size)).to.deep.equal([3, 4].slice(0, events));
      expect(incoming(after)).to.deep.equal([]);
    });
  }

  const removals: [Moment, string | undefined, number][] = [
    ['before rename', 'old', 1],
    ['after rename', 'old', 1],
    ['event recorded', 'old', 1],
    ['before unlink', undefined, 2],
  ];
  for (const [moment, body, events] of removals) {
    it(`during a removal (${moment}) leaves the object ${body === undefined ? 'removed' : 'as it was'}`, async () => {
      await beginAndFinish();
      await dieWhile(directory, moment, (client) =>
        client.send(new DeleteObjectCommand({ Bucket, Key: 'cat.jpg' })),
      );

      const after = await restart();

      const listed = await after.client.send(new ListObjectsV2Command({ Bucket }));
      expect(listed.KeyCount).to.equal(body === undefined ? 0 : 1);
      if (body !== undefined) expect(await read(after, 'cat.jpg')).to.equal(body);
      expect(after.events()).to.have.length(events);
      expect(incoming(after)).to.deep.equal([]);
    });
  }

  for (const [moment, objects] of [
    ['event recorded', 0],
    ['before rename', 1],
  ] as const) {
    it(`during the completion of a multipart upload (${moment}) leaves ${objects === 0 ? 'the upload to be completed again' : 'the object'}`, async () => {
      let complete: CompleteMultipartUploadCommand | undefined;
      await dieWhile(directory, moment, async (client) => {
        complete = await uploadParts(client);
        await client.send(complete);
      });

      const after = await restart();

      expect((await after.client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).to.equal(objects);
      expect(after.events()).to.have.length(objects);
      if (objects === 0 && complete !== undefined) await after.client.send(complete);
      expect(await read(after, 'big')).to.equal('the parts');
      expect(incoming(after)).to.deep.equal([]);
    });
  }

  it('during many uploads loses no acknowledged object and leaves none half-written', async () => {
    const acknowledged = new Map<string, string>();
    for (const writes of [3, 40]) {
      const child = await startChild(directory, '');
      await writeUntilDead(child, acknowledged, writes);
    }

    const after = await restart();

    const listed = await after.client.send(new ListObjectsV2Command({ Bucket }));
    const sizes = new Map(listed.Contents?.map(({ Key = '', Size = -1 }) => [Key, Size]));
    for (const [key, body] of acknowledged) expect(sizes.get(key), key).to.equal(body.length);
    for (const [key, size] of sizes) {
      const body = await read(after, key);
      expect(body).to.equal(bodyOf(key));
      expect(size).to.equal(body?.length);
    }
    const created = after.events().map(({ key }) => key);
    expect(created.toSorted()).to.deep.equal([...sizes.keys()].toSorted());
    expect(incoming(after)).to.deep.equal([]);
  });
});

/** Writes with eight writers at once, and kills the process after that many acknowledgements. */
async function writeUntilDead(
  child: Child,
  acknowledged: Map<string, string>,
  writes: number,
): Promise<void> {
  const gone = once(child.process, 'exit');
  const client = clientFor(child.url, 'anyone');
  const target = acknowledged.size + writes;
  let next = acknowledged.size * 10;
  const writer = async () => {
    for (;;) {
      const key = `notes/${next++}.jpg`;
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: bodyOf(key) }));
      acknowledged.set(key, bodyOf(key));
      if (acknowledged.size === target) child.process.kill('SIGKILL');
    }
  };
  await Promise.allSettled(Array.from({ length: 8 }, writer));
  await gone;
  client.destroy();
}

function bodyOf(key: string): string {
  return key.repeat(20_000);
}

async function uploadParts(client: S3Client): Promise<CompleteMultipartUploadCommand> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'big' }));
  const part = { Bucket, Key: 'big', UploadId, PartNumber: 1 };
  const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: 'the parts' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  return new CompleteMultipartUploadCommand({ Bucket, Key: 'big', UploadId, MultipartUpload });
}

async function read(service: RunningService, Key: string): Promise<string | undefined> {
  const object = await service.client.send(new GetObjectCommand({ Bucket, Key }));
  return object.Body?.transformToString();
}

import { expect } from 'chai';
import { distributed, numbers, READER, recording } from './distributed.ts';
import { useFakeS3 } from './fake-s3.ts';
import { outputOf, run } from './machine.ts';

describe('Distributed Map: its items (AWS: Using Map state in Distributed mode)', () => {
  const { s3, endpoint } = useFakeS3();

  describe('ItemReader s3:listObjectsV2 (AWS: ItemReader)', () => {
    it('the reader reads all pages of 1,000 keys with the role of the state machine, and each item has the fields of AWS', async () => {
      s3.keys = numbers(2_300).map((n) => `notes/${n}.txt`);
      const { seen, callService } = recording();
      await outputOf(
        distributed({ ItemReader: READER }),
        { prefix: 'notes/' },
        { callService, s3Endpoint: endpoint() },
      );
      expect(seen).to.have.length(2_300);
      expect(seen[0]).to.deep.equal({
        Etag: '"e-notes/0.txt"',
        Key: 'notes/0.txt',
        LastModified: 1767225600,
        Size: 11,
        StorageClass: 'STANDARD',
      });
      expect([...s3.callers]).to.deep.equal(['MachineRole']);
    });

    for (const config of [{ MaxItems: 1_001 }, { MaxItemsPath: '$.most' }]) {
      it(`the reader stops at ${Object.keys(config)[0]}`, async () => {
        s3.keys = numbers(1_500).map((n) => `notes/${n}`);
        const { seen, callService } = recording();
        await outputOf(
          distributed({ ItemReader: { ...READER, ReaderConfig: config } }),
          { prefix: '', most: 1_001 },
          { callService, s3Endpoint: endpoint() },
        );
        expect(seen).to.have.length(1_001);
      });
    }

    it('the Map fails with States.ItemReaderFailed if the role may not list the bucket', async () => {
      s3.denied = 'GET';
      const result = await run(
        distributed({ ItemReader: READER }),
        { prefix: '' },
        { s3Endpoint: endpoint() },
      );
      expect(result).to.include({ status: 'FAILED', error: 'States.ItemReaderFailed' });
      expect(result.cause).to.include('AccessDenied: role may not');
    });

    it('$$.Map.Item.Source names the bucket, and the default Transformation may be written out (AWS: Context object)', async () => {
      s3.keys = ['notes/a'];
      const { seen, callService } = recording();
      const map = distributed({
        ItemReader: { ...READER, ReaderConfig: { Transformation: 'NONE' } },
        ItemSelector: { 'key.$': '$$.Map.Item.Value.Key', 'from.$': '$$.Map.Item.Source' },
      });
      await outputOf(map, { prefix: '' }, { callService, s3Endpoint: endpoint() });
      expect(seen).to.deep.equal([{ key: 'notes/a', from: `S3://${READER.Parameters.Bucket}` }]);
    });

    it('the Map starts no child execution and succeeds if there are no objects', async () => {
      const { seen, callService } = recording();
      expect(
        await outputOf(
          distributed({ ItemReader: READER }),
          { prefix: 'none/' },
          { callService, s3Endpoint: endpoint() },
        ),
      ).to.deep.equal([]);
      expect(seen).to.have.length(0);
    });
  });

  describe('ItemSelector and ItemBatcher (AWS: ItemSelector, ItemBatcher)', () => {
    it('a batch contains the selected items and BatchInput', async () => {
      const { seen, callService } = recording();
      const map = distributed({
        ItemsPath: '$.items',
        ItemSelector: { 'i.$': '$$.Map.Item.Index', 'v.$': '$$.Map.Item.Value' },
        ItemBatcher: { MaxItemsPerBatchPath: '$.size', BatchInput: { 'force.$': '$.force' } },
      });
      await outputOf(map, { items: ['a', 'b', 'c'], size: 2, force: true }, { callService });
      expect(seen).to.deep.equal([
        {
          BatchInput: { force: true },
          Items: [
            { i: 0, v: 'a' },
            { i: 1, v: 'b' },
          ],
        },
        { BatchInput: { force: true }, Items: [{ i: 2, v: 'c' }] },
      ]);
    });

    for (const bound of [{ MaxInputBytesPerBatch: 60 }, { MaxInputBytesPerBatchPath: '$.bytes' }]) {
      it(`each batch is as full as ${Object.keys(bound)[0]} allows`, async () => {
        const { seen, callService } = recording();
        await outputOf(
          distributed({ ItemsPath: '$.items', ItemBatcher: bound }),
          { items: numbers(50).map((n) => `item ${n}`), bytes: 60 },
          { callService },
        );
        const sizes = seen.map((payload) => Buffer.byteLength(JSON.stringify(payload)));
        expect(Math.max(...sizes)).to.be.within(50, 60);
        // Ten items of 8 bytes in fives, forty of 9 bytes in fours: a fifth would make 61 bytes.
        expect(seen.length).to.equal(12);
      });
    }

    it('a batch without a bound on its bytes has at most 256 KiB', async () => {
      const { seen, callService } = recording();
      const map = distributed({ ItemsPath: '$.items', ItemBatcher: { MaxItemsPerBatch: 1_000 } });
      const wide = distributed({
        ItemsPath: '$.items',
        ItemSelector: { 'n.$': '$$.Map.Item.Value', wide: 'x'.repeat(999) },
        ItemBatcher: { MaxItemsPerBatch: 1_000 },
      });
      await outputOf(map, { items: numbers(600) }, { callService });
      await outputOf(wide, { items: numbers(600) }, { callService });
      const sizes = seen.map((payload) => Buffer.byteLength(JSON.stringify(payload)));
      expect(sizes).to.have.length(1 + 3);
      expect(Math.max(...sizes)).to.be.within(261_000, 262_144);
    });

    it('an item that is larger than 256 KiB fails the Map with States.DataLimitExceeded before any child execution starts', async () => {
      const { seen, callService } = recording();
      const map = distributed({
        ItemsPath: '$.items',
        ItemSelector: { 'all.$': '$.items', 'more.$': '$.items' },
      });
      expect(await run(map, { items: ['x'.repeat(150_000)] }, { callService })).to.include({
        error: 'States.DataLimitExceeded',
      });
      expect(seen).to.have.length(0);
    });
  });
});

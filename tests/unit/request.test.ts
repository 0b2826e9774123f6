import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { readRequest } from '../../functions/image-resize/request.ts';

const BUCKET = 'original-images';
const ETAG = 'b1946ac92492d2347c6235b4d2611184';

const sample = (name: string): unknown => JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));
const read = (event: unknown) => readRequest(event, BUCKET);

describe('The request reader', () => {
  it('takes a key', () => {
    expect(read(sample('key'))).to.deep.equal({
      kind: 'image',
      image: { key: 'input/test.jpg', force: false, followsFailure: false },
    });
  });

  it('takes a key with force', () => {
    expect(read(sample('key-force'))).to.deep.equal({
      kind: 'image',
      image: { key: 'input/test.jpg', force: true, followsFailure: false },
    });
  });

  it('takes an EventBridge event, and its detail alone, with the ETag that they tell', () => {
    const expected = {
      kind: 'image',
      image: { key: 'input/test.jpg', etag: ETAG, force: false, followsFailure: false },
    };
    expect(read(sample('object-created'))).to.deep.equal(expected);
    expect(read(sample('object-created-detail'))).to.deep.equal(expected);
  });

  it('takes an EventBridge event of a deletion as a removal to look into', () => {
    expect(read(sample('object-deleted')))
      .to.deep.include({ kind: 'removal' })
      .and.have.nested.property('image.key', 'input/test.jpg');
  });

  it('decodes the key of an S3 notification once', () => {
    const expected = {
      kind: 'image',
      image: { key: 'input/my holiday (1).jpg', etag: ETAG, force: false, followsFailure: false },
    };
    expect(read(sample('s3-notification'))).to.deep.equal(expected);
  });

  it('takes several records of one notification as a batch', () => {
    const { Records } = sample('s3-notification') as { Records: unknown[] };
    expect(read({ Records: [...Records, ...Records] })).to.have.property('kind', 'batch');
  });

  it("takes a Distributed Map's batch and takes the quotes off its ETags", () => {
    const told = { force: false, followsFailure: false, execution: 'monday-run' };
    expect(read(sample('batch'))).to.deep.equal({
      kind: 'batch',
      images: [
        { key: 'input/test.jpg', etag: ETAG, ...told },
        { key: 'input/', etag: 'd41d8cd98f00b204e9800998ecf8427e', ...told },
      ],
    });
  });

  for (const name of ['key', 'object-created', 'object-created-detail', 's3-notification', 'batch'])
    it(`trusts no manifest where ${name} follows a failed invocation`, () => {
      const request = read({
        ...(sample(name) as object),
        RetryCount: 1,
        EnteredTime: '',
        Name: 'ResizeImage',
      });
      const images = request.kind === 'batch' ? request.images : [request.image];
      for (const image of images) expect(image.followsFailure).to.equal(true);
    });

  it('takes from every shape the name of the execution that the state machines add, and from a batch that of its bulk run', () => {
    for (const name of ['key', 'object-created', 'object-created-detail', 's3-notification'])
      expect(read({ ...(sample(name) as object), execution: 'monday-run' }), name).to.have.nested.property(
        'image.execution',
        'monday-run',
      );
    const batch = { ...(sample('batch') as object), BatchInput: { force: true, execution: 'monday-run' } };
    expect(read(batch)).to.have.nested.property('images[1].execution', 'monday-run');
    expect(() => read({ key: 'input/a.jpg', execution: 5 })).to.throw(/Expected a string in execution/);
  });

  it('trusts no manifest where a message of the queue says that an invocation failed', () => {
    for (const event of [
      sample('unprocessed-upload'),
      { ...(sample('batch') as object), followsFailure: true },
    ]) {
      const request = read(event);
      const [image] = request.kind === 'batch' ? request.images : [request.image];
      expect(image).to.have.property('followsFailure', true);
    }
  });

  it('gives back any key of an event as it came, and any key of a notification as it was before its encoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const key = `input/${name}`;
        const detail = { bucket: { name: BUCKET }, object: { key } };
        const encoded = encodeURIComponent(key).replaceAll('%20', '+');
        const record = { s3: { bucket: { name: BUCKET }, object: { key: encoded } } };
        expect(read({ key })).to.have.nested.property('image.key', key);
        expect(read(detail)).to.have.nested.property('image.key', key);
        expect(read({ Records: [record] })).to.have.nested.property('image.key', key);
      }),
    );
  });

  const refused: readonly [string, unknown, RegExp][] = [
    ['nothing', undefined, /received nothing/],
    ['a list', [], /received \[\] of type array/],
    ['no field that it knows', { colour: 'red' }, /received the fields colour/],
    ['a key that is no string', { key: 5 }, /Expected a string in key but received 5 of type number/],
    ['a key outside of input/', { key: 'output/a.jpg' }, /under input\/ but received "output\/a.jpg"/],
    ['a force that is no flag', { key: 'input/a.jpg', force: 'yes' }, /Expected true or false in force/],
    [
      'an event of another kind',
      { 'detail-type': 'Object Restore Completed', detail: {} },
      /"Object Created".* or "Object Deleted".* but received "Object Restore Completed"/,
    ],
    [
      'an object of another bucket',
      { bucket: { name: 'other' }, object: { key: 'input/a' } },
      /one of "other"/,
    ],
    ['an empty batch', { Items: [] }, /at least one object in Items/],
    ['a batch item without a key', { Items: [{ Etag: '"x"' }] }, /Items\[0\]\.Key but received nothing/],
    [
      'a key that is not URL-encoded',
      { Records: [{ s3: { bucket: { name: BUCKET }, object: { key: '100%' } } }] },
      /URL-encoded object key but received "100%"/,
    ],
  ];
  for (const [what, event, message] of refused)
    it(`refuses ${what}, saying what came`, () => {
      expect(() => read(event))
        .to.throw(message)
        .with.property('name', 'InvalidRequestError');
    });
});

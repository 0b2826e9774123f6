import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { type ImageRequest, type ResizeRequest, readRequest } from '../../functions/image-resize/request.ts';

const BUCKET = 'original-images';
const ETAG = 'b1946ac92492d2347c6235b4d2611184';

const sample = (name: string): unknown => JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));
const read = (event: unknown) => readRequest(event, BUCKET);

function imagesOf(request: ResizeRequest): readonly ImageRequest[] {
  if (request.kind === 'count' || request.kind === 'claim') return [];
  return request.kind === 'batch' ? request.images : [request.image];
}

describe('The request reader', () => {
  it('The request reader reads a request with a key', () => {
    expect(read(sample('key'))).to.deep.equal({
      kind: 'image',
      image: { key: 'input/test.jpg', force: false, followsFailure: false },
    });
  });

  it('The request reader reads a request with a key and force', () => {
    expect(read(sample('key-force'))).to.deep.equal({
      kind: 'image',
      image: { key: 'input/test.jpg', force: true, followsFailure: false },
    });
  });

  it('The request reader reads the key and the ETag of an EventBridge event, or of its detail alone', () => {
    const expected = {
      kind: 'image',
      image: { key: 'input/test.jpg', etag: ETAG, force: false, followsFailure: false },
    };
    expect(read(sample('object-created'))).to.deep.equal(expected);
    expect(read(sample('object-created-detail'))).to.deep.equal(expected);
  });

  it('The request reader reads the EventBridge event of a deletion as a removal, without the ETag of what was deleted', () => {
    expect(read(sample('object-deleted'))).to.deep.equal({
      kind: 'removal',
      image: { key: 'input/test.jpg', force: false, followsFailure: false },
    });
  });

  it('The request reader decodes the key of an S3 notification exactly once', () => {
    const expected = {
      kind: 'image',
      image: { key: 'input/my holiday (1).jpg', etag: ETAG, force: false, followsFailure: false },
    };
    expect(read(sample('s3-notification'))).to.deep.equal(expected);
  });

  it('The request reader marks the images of a dry run', () => {
    const batch = { ...(sample('batch') as object), BatchInput: { force: false, dryRun: true } };
    expect(read(batch)).to.have.nested.property('images[0].isDryRun', true);
  });

  it('The request reader reads a request to count the results of a bulk run', () => {
    const results = { Bucket: 'resized', Key: 'runs/monday/1/manifest.json' };
    expect(read({ results, toleratedFailurePercentage: 5, dryRun: false })).to.deep.equal({
      kind: 'count',
      manifestKey: 'runs/monday/1/manifest.json',
      toleratedFailurePercentage: 5,
      isDryRun: false,
    });
    expect(() => read({ results })).to.throw(/Expected a number in toleratedFailurePercentage/);
  });

  it('The request reader reads an S3 notification with several records as a batch', () => {
    const { Records } = sample('s3-notification') as { Records: unknown[] };
    expect(read({ Records: [...Records, ...Records] })).to.have.property('kind', 'batch');
  });

  it('The request reader reads the batch of a Distributed Map and removes the quotes from its ETags', () => {
    const common = { force: false, followsFailure: false, execution: 'monday-run' };
    const batch = sample('batch') as { Items: unknown[] };
    expect(read(batch)).to.deep.equal({
      kind: 'batch',
      items: batch.Items,
      counted: { resized: 0, unchanged: 0, rejected: [] },
      images: [
        { key: 'input/test.jpg', etag: ETAG, ...common },
        { key: 'input/', etag: 'd41d8cd98f00b204e9800998ecf8427e', ...common },
      ],
    });
  });

  for (const name of ['key', 'object-created', 'object-created-detail', 's3-notification', 'batch'])
    it(`The request reader sets followsFailure if the state machine retries the event ${name}.json`, () => {
      const request = read({
        ...(sample(name) as object),
        RetryCount: 1,
        EnteredTime: '',
        Name: 'ResizeImage',
      });
      const images = imagesOf(request);
      for (const image of images) expect(image.followsFailure).to.equal(true);
    });

  it('The request reader reads the execution name that the state machines add to an event of any shape, and the name in a batch', () => {
    for (const name of ['key', 'object-created', 'object-created-detail', 's3-notification'])
      expect(read({ ...(sample(name) as object), execution: 'monday-run' }), name).to.have.nested.property(
        'image.execution',
        'monday-run',
      );
    const batch = { ...(sample('batch') as object), BatchInput: { force: true, execution: 'monday-run' } };
    expect(read(batch)).to.have.nested.property('images[1].execution', 'monday-run');
    expect(() => read({ key: 'input/a.jpg', execution: 5 })).to.throw(/Expected a string in execution/);
  });

  it('The request reader sets followsFailure if the state machine has marked the event as following a failed invocation', () => {
    for (const event of [
      sample('unprocessed-upload'),
      { ...(sample('batch') as object), followsFailure: true },
    ]) {
      const request = read(event);
      const [image] = imagesOf(request);
      expect(image).to.have.property('followsFailure', true);
    }
  });

  it('The request reader returns any key of an event unchanged and any key of an S3 notification decoded', () => {
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
    ['a missing event', undefined, /received nothing/],
    ['a list', [], /received \[\] of type array/],
    ['an object without a known field', { colour: 'red' }, /received the fields colour/],
    ['a key that is not a string', { key: 5 }, /Expected a string in key but received 5 of type number/],
    ['a key outside input/', { key: 'output/a.jpg' }, /under input\/ but received "output\/a.jpg"/],
    [
      'a force that is not a boolean',
      { key: 'input/a.jpg', force: 'yes' },
      /Expected true or false in force/,
    ],
    [
      'an event of another detail-type',
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
    it(`The request reader refuses ${what} and reports what it received`, () => {
      expect(() => read(event))
        .to.throw(message)
        .with.property('name', 'InvalidRequestError');
    });
});

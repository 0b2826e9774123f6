import { expect } from 'chai';
import { readObjectRequest } from '../../../local/studio/object-request.ts';

const BUCKETS = { originalImagesBucket: 'originals', resizedImagesBucket: 'resized' };

describe('A request of the studio to S3', () => {
  it('is a GET of any object of both buckets, whose key is one segment of the path', () => {
    expect(readObjectRequest(BUCKETS, 'GET', 'resized/output%2Fa%2F..%2Fb%20%C3%BC.jpg')).to.deep.equal({
      method: 'GET',
      bucket: 'resized',
      key: 'output/a/../b ü.jpg',
      query: {},
      etag: undefined,
    });
  });

  it('names the content that it expects by v', () => {
    expect(readObjectRequest(BUCKETS, 'GET', 'resized/output%2Fa?v=abc')).to.include({ etag: 'abc' });
  });

  it('lists a bucket below a prefix', () => {
    const { key, query } = readObjectRequest(
      BUCKETS,
      'GET',
      'originals/?list-type=2&prefix=input%2F&start-after=input%2Fa',
    );
    expect({ key, query }).to.deep.equal({
      key: '',
      query: { 'list-type': '2', prefix: 'input/', 'start-after': 'input/a' },
    });
  });

  it('stores an original below input/', () => {
    expect(readObjectRequest(BUCKETS, 'PUT', 'originals/input%2Fa.jpg')).to.include({
      method: 'PUT',
      key: 'input/a.jpg',
    });
  });

  for (const [method, address, what] of [
    ['GET', 'another/key', 'another bucket'],
    ['GET', '', 'no bucket, which would list all buckets'],
    ['GET', '..%2Fanother/key', 'a bucket with steps'],
    ['GET', 'originals/?list-type=1', 'the old listing'],
    ['GET', 'originals/?policy', 'the policy of a bucket'],
    ['GET', 'originals/?list-type=2&policy=', 'a policy beside a listing'],
    ['PUT', 'originals/', 'a bucket to create'],
    ['PUT', 'resized/output%2Fa.jpg', 'a rendition to overwrite'],
    ['PUT', 'originals/runs%2Fa.json', 'an object outside of input/ to overwrite'],
    ['PUT', 'originals/input%2Fa.jpg?acl', 'permissions of an object to set'],
    ['GET', 'originals/input%2Fa.jpg?response-content-type=text%2Fhtml', 'another type for an object'],
    ['DELETE', 'originals/input%2Fa.jpg', 'an original to delete'],
    ['POST', 'originals/input%2Fa.jpg?uploads', 'an upload in parts'],
  ] as const)
    it(`is refused with ${what}`, () => {
      expect(() => readObjectRequest(BUCKETS, method, address))
        .to.throw()
        .with.property('status', 403);
    });

  it('is refused with a key that is no Unicode', () => {
    expect(() => readObjectRequest(BUCKETS, 'GET', 'originals/input%2F%ff'))
      .to.throw()
      .with.property('name', 'InvalidKey');
  });
});

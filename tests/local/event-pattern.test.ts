import { expect } from 'chai';
import { compilePattern } from '../../local/event-pattern.ts';

const EVENT = {
  source: 'aws.s3',
  detail: { bucket: { name: 'originals' }, object: { key: 'input/Cat.jpg', size: 5 }, tags: ['a', 'b'] },
};

describe('An event pattern (AWS: Comparison operators for use in event patterns in Amazon EventBridge)', () => {
  const key = (alternative: unknown) => ({ detail: { object: { key: [alternative] } } });
  for (const [pattern, expected] of [
    [{}, true],
    [{ source: ['aws.s3', 'aws.ec2'] }, true],
    [{ source: ['aws.ec2'] }, false],
    [{ source: ['aws.s3'], detail: { bucket: { name: ['other'] } } }, false],
    [{ detail: { object: { size: [5] } } }, true],
    [{ detail: { object: { size: ['5'] } } }, false],
    [{ detail: { tags: ['b', 'c'] } }, true],
    [key({ prefix: 'input/' }), true],
    [key({ prefix: 'Input/' }), false],
    [key({ suffix: '.jpg' }), true],
    [key({ suffix: '.png' }), false],
    [key({ 'equals-ignore-case': 'INPUT/cat.JPG' }), true],
    [key({ 'anything-but': ['input/Dog.jpg'] }), true],
    [key({ 'anything-but': 'input/Cat.jpg' }), false],
    [key({ 'anything-but': { prefix: 'input/' } }), false],
    [key({ exists: true }), true],
    [key({ exists: false }), false],
    [{ detail: { object: { etag: [{ exists: false }] } } }, true],
    [{ detail: { object: { etag: [{ 'anything-but': 'x' }] } } }, false],
  ] as const)
    it(`${JSON.stringify(pattern)} ${expected ? 'takes' : 'leaves'} the event`, () => {
      expect(compilePattern(pattern)(EVENT)).to.equal(expected);
    });

  for (const [pattern, told] of [
    [{ $or: [{ source: ['a'] }] }, '"$or" is not supported'],
    [key({ numeric: ['>', 5] }), 'Pattern.detail.object.key: the operator "numeric" is not supported'],
    [key({ wildcard: '*.jpg' }), 'the operator "wildcard" is not supported'],
    [key({ constructor: 'x' }), 'the operator "constructor" is not supported'],
    [key({ prefix: { 'equals-ignore-case': 'x' } }), 'expected a string'],
    [key({ prefix: 'a', suffix: 'b' }), 'expected one operator'],
    [{ source: 'aws.s3' }, 'Pattern.source: expected an object'],
  ] as const)
    it(`${JSON.stringify(pattern)} is refused by name`, () => {
      expect(() => compilePattern(pattern)).to.throw(told);
    });
});

import { expect } from 'chai';
import { canMatchS3, compilePattern } from '../../event-bridge/index.ts';
import { Value } from '../../template/index.ts';

const EVENT = {
  source: 'aws.s3',
  detail: { bucket: { name: 'notes' }, object: { key: 'notes/Cat.md', size: 5 }, tags: ['a', 'b'] },
};

const written = (pattern: unknown): Value =>
  new Value(pattern, ['Pattern'], { name: 'template.yaml', lineOf: () => 7 });

describe('Event patterns (AWS: Comparison operators for use in event patterns in Amazon EventBridge)', () => {
  const key = (alternative: unknown) => ({ detail: { object: { key: [alternative] } } });
  for (const [pattern, expected] of [
    [{}, true],
    [{ source: ['aws.s3', 'aws.ec2'] }, true],
    [{ source: ['aws.ec2'] }, false],
    [{ source: ['aws.s3'], detail: { bucket: { name: ['other'] } } }, false],
    [{ detail: { object: { size: [5] } } }, true],
    [{ detail: { object: { size: ['5'] } } }, false],
    [{ detail: { tags: ['b', 'c'] } }, true],
    [key({ prefix: 'notes/' }), true],
    [key({ prefix: 'Notes/' }), false],
    [key({ suffix: '.md' }), true],
    [key({ suffix: '.txt' }), false],
    [key({ 'equals-ignore-case': 'NOTES/cat.MD' }), true],
    [key({ 'anything-but': ['notes/Dog.md'] }), true],
    [key({ 'anything-but': 'notes/Cat.md' }), false],
    [key({ 'anything-but': { prefix: 'notes/' } }), false],
    [key({ exists: true }), true],
    [key({ exists: false }), false],
    [{ detail: { object: { etag: [{ exists: false }] } } }, true],
    [{ detail: { object: { etag: [{ 'anything-but': 'x' }] } } }, false],
    [{ detail: { object: [{ exists: true }] } }, false],
    [{ detail: { object: [{ 'anything-but': 'x' }] } }, false],
  ] as const)
    it(`the pattern ${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} the event`, () => {
      expect(compilePattern(written(pattern))(EVENT)).to.equal(expected);
    });

  for (const [pattern, isPossible] of [
    [{}, true],
    [{ source: ['aws.s3', 'my.app'], detail: { reason: ['PutObject'] } }, true],
    [{ source: [{ prefix: 'aws.' }], 'detail-type': ['Object Deleted'] }, true],
    [{ source: ['my.app'] }, false],
    [{ source: [{ 'anything-but': 'aws.s3' }] }, false],
    [{ source: ['aws.s3'], 'detail-type': ['Object Restore Completed'] }, false],
  ] as const)
    it(`an event of S3 can ${isPossible ? '' : 'never '}match the pattern ${JSON.stringify(pattern)}`, () => {
      expect(canMatchS3(written(pattern))).to.equal(isPossible);
    });

  for (const [pattern, message] of [
    [{ $or: [{ source: ['a'] }] }, 'for Pattern.$or, found $or'],
    [
      key({ numeric: ['>', 5] }),
      /^template\.yaml:7: numeric is not supported here for Pattern\.detail\.object\.key\.0; supported are prefix, .*exists$/,
    ],
    [key({ wildcard: '*.md' }), 'wildcard is not supported here for'],
    [key({ constructor: 'x' }), 'constructor is not supported here for'],
    [key({ prefix: { 'equals-ignore-case': 'x' } }), 'expected a text'],
    [key({ 'anything-but': { suffix: 'x' } }), 'suffix is not supported here for'],
    [key({ 'anything-but': [] }), 'expected at least one value'],
    [key({ 'anything-but': [{ prefix: 'x' }] }), 'expected a text or a number'],
    [key({ exists: 'true' }), 'expected true or false'],
    [key(['a']), 'expected a value or an operator'],
    [{ source: [] }, 'expected at least one alternative'],
    [key({ prefix: 'a', suffix: 'b' }), 'expected one operator'],
    [{ source: 'aws.s3' }, 'expected a map for Pattern.source'],
  ] as const)
    it(`the pattern ${JSON.stringify(pattern)} is refused by name`, () => {
      expect(() => compilePattern(written(pattern))).to.throw(message);
    });
});

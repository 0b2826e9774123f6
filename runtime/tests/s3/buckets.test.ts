import { expect } from 'chai';
import { type Bucket, bucketsOf } from '../../s3/index.ts';
import { changedFixture, expectRefusal, readFixture, readTemplateAt } from '../support/template-file.ts';

const essence = (buckets: readonly Bucket[]) =>
  buckets.map(({ logicalId, name, sendsEvents, isVersioned, corsRules }) => ({
    logicalId,
    name,
    sendsEvents,
    isVersioned,
    corsRules,
  }));

describe('The buckets of a template', () => {
  it('buckets have names, send events where EventBridge is turned on, and keep versions where versioning is', () => {
    expect(essence(bucketsOf(readFixture()))).to.deep.equal([
      {
        logicalId: 'NotesBucket',
        name: 'local-notesbucket',
        sendsEvents: true,
        isVersioned: true,
        corsRules: undefined,
      },
      {
        logicalId: 'PagesBucket',
        name: 'local-pagesbucket',
        sendsEvents: false,
        isVersioned: false,
        corsRules: undefined,
      },
    ]);
  });

  it('a bucket has the CORS rules of its CorsConfiguration, and undefined without one', () => {
    const rules =
      '\n        CorsRules:\n          - { AllowedOrigins: [https://notes.example.com], AllowedMethods: [PUT], AllowedHeaders: ["*"], MaxAge: 60 }\n';
    const versioning = '      VersioningConfiguration:';
    const file = changedFixture(versioning, `      CorsConfiguration:${rules}${versioning}`);
    const [notes, pages] = bucketsOf(readTemplateAt(file));
    expect(notes?.corsRules).to.deep.equal([
      {
        allowedOrigins: ['https://notes.example.com'],
        allowedMethods: ['PUT'],
        allowedHeaders: ['*'],
        exposedHeaders: [],
        maxAgeSeconds: 60,
      },
    ]);
    expect(pages?.corsRules).to.equal(undefined);
  });

  it('existing buckets that parameters name are included, each once, and send events', () => {
    const parameters = ['ExistingNotesBucket', 'ExistingPagesBucket'];
    const existing = readFixture({ ExistingNotesBucket: 'mine', ExistingPagesBucket: 'mine' });
    expect(essence(bucketsOf(existing, parameters))).to.deep.equal([
      {
        logicalId: 'mine',
        name: 'mine',
        sendsEvents: true,
        isVersioned: false,
        corsRules: undefined,
      },
    ]);
    expect(bucketsOf(existing)).to.deep.equal([]);
    expect(bucketsOf(readFixture(), parameters)).to.have.length(2);
  });

  for (const [what, from, to, message] of [
    [
      'a notification other than that to EventBridge',
      '        EventBridgeConfiguration: {',
      '        LambdaConfigurations: []\n        EventBridgeConfiguration: {',
      /: LambdaConfigurations is not supported here for /,
    ],
    [
      'a policy that lets somebody in',
      "            Effect: Deny\n            Principal: '*'\n            Action: s3:*",
      "            Effect: Allow\n            Principal: '*'\n            Action: s3:*",
      /expected a Service that calls without a role, .* found "\*"/,
    ],
    [
      'a CORS rule for a method that S3 has no rule for',
      '      VersioningConfiguration:',
      '      CorsConfiguration:\n        CorsRules: [{ AllowedOrigins: ["*"], AllowedMethods: [PATCH] }]\n      VersioningConfiguration:',
      /expected one of GET, PUT, HEAD, POST, DELETE .* found "PATCH"/,
    ],
    [
      'versioning that is suspended',
      'VersioningConfiguration: { Status: Enabled }',
      'VersioningConfiguration: { Status: Suspended }',
      /expected one of Enabled .* found "Suspended"/,
    ],
    [
      'an unknown property',
      '      VersioningConfiguration:',
      '      ObjectLockEnabled: true\n      VersioningConfiguration:',
      /: ObjectLockEnabled is not supported here for /,
    ],
  ] as const)
    it(`a bucket with ${what} is refused by file and line`, () =>
      expectRefusal(bucketsOf, from, to, message));
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look like JavaScript's.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { bucketsOf, TemplateError } from 'aws-on-one-machine';
import { expect } from 'chai';
import { readReal } from '../support/template-file.ts';
import { KEY } from './settings.ts';
import { at, type Change, entries, type Parameters, useTranslator } from './translator.ts';

/** Another value than the default for each parameter that the function's properties contain. */
const OTHER_VALUES: Parameters = {
  AcceptHeic: 'true',
  Architecture: 'x86_64',
  DeploymentId: '2026-11-28',
  ExistingOriginalImagesBucket: 'originals-of-mine',
  ExistingResizedImagesBucket: 'renditions-of-mine',
  MemorySize: '3008',
  RemoveWithOriginal: 'false',
  Tracing: 'true',
};

describe('A new parameter value', () => {
  const translator = useTranslator();

  /** The function's properties, and the version resource: CloudFormation publishes a version when that resource changes. */
  async function functionWith(parameters: Parameters, ...changes: readonly Change[]) {
    const { template } = await translator().deploy(parameters, ...changes);
    const ofType = (type: string) => [...template.resources.values()].find((one) => one.type === type);
    const version = ofType('AWS::Lambda::Version');
    // Reserved concurrency and tags belong to the function, not to a version.
    const { ReservedConcurrentExecutions, Tags, ...properties } =
      ofType('AWS::Lambda::Function')?.properties ?? {};
    return {
      properties: JSON.stringify(properties),
      version: JSON.stringify([version?.logicalId, version?.properties]),
    };
  }

  for (const [name, value] of Object.entries(OTHER_VALUES))
    it(`A new parameter value such as ${name}=${value} publishes a new version and so reaches the alias`, async () => {
      const before = await functionWith({});
      const after = await functionWith({ [name]: value });
      expect(after.properties).not.to.equal(before.properties);
      expect(after.version).not.to.equal(before.version);
    });

  it('A new parameter value that does not change the function publishes no version', async () => {
    const before = await functionWith({});
    for (const parameters of [
      { ReservedConcurrency: '50' },
      { MaxConcurrency: '100' },
      { ApiAuth: 'NONE', CorsOrigin: 'https://www.example.com' },
      { GradualDeployment: 'Linear10PercentEvery1Minute' },
      { KmsKeyArn: KEY, AlarmEmail: 'operators@example.com' },
    ])
      expect(await functionWith(parameters), JSON.stringify(parameters)).to.deep.equal(before);
  });

  it('A new parameter value does not reach the alias without VersionDescription', async () => {
    const change = { from: '${MemorySize} MB, ', to: '' };
    const before = await functionWith({}, change);
    const after = await functionWith({ MemorySize: '3008' }, change);
    expect(after.version).to.equal(before.version);
  });

  it('A new parameter value leads to no description above the 256 characters that Lambda takes', async () => {
    const { template } = await translator().deploy({
      AcceptHeic: 'true',
      MemorySize: '10240',
      RemoveWithOriginal: 'false',
      ExistingOriginalImagesBucket: 'o'.repeat(63),
      ExistingResizedImagesBucket: 'r'.repeat(63),
      DeploymentId: 'd'.repeat(40),
    });
    const version = [...template.resources.values()].find(({ type }) => type === 'AWS::Lambda::Version');
    expect(version?.properties.Description)
      .to.match(/, o+, r+, HEIC layer 1, d+$/)
      .and.have.length.at.most(256);
  });

  it('A new parameter value reaches the alias step by step with GradualDeployment and is rolled back by an alarm', async () => {
    const { template } = await translator().deploy({ GradualDeployment: 'Linear10PercentEvery1Minute' });
    const group = [...template.resources.values()].find(
      ({ type }) => type === 'AWS::CodeDeploy::DeploymentGroup',
    );
    expect(group?.properties).to.deep.include({
      DeploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
      AlarmConfiguration: {
        Enabled: true,
        Alarms: [{ Name: 'ImageResizeErrorsAlarm' }, { Name: 'ImageResizeDurationAlarm' }],
      },
      ServiceRoleArn: 'arn:aws:iam::000000000000:role/ImageResizeDeploymentRole',
    });
    expect(at(group?.properties, 'AutoRollbackConfiguration', 'Events')).to.include(
      'DEPLOYMENT_STOP_ON_ALARM',
    );
  });

  for (const [layer, description] of [
    ['SharpLayer', 'sharp and the libvips that it comes with'],
    ['HeicLayer', 'libheif with libde265, as WebAssembly'],
  ] as const)
    it(`A changed ${layer} publishes a new version of the function and so reaches the alias`, async () => {
      // In place of its content, for which the translator gets a made-up location.
      const change = { from: `Description: ${description}\n`, to: `Description: a new ${description}\n` };
      const versionOf = async (...changes: readonly Change[]) => {
        const { transformed } = await translator().deploy({ AcceptHeic: 'true' }, ...changes);
        const version = entries(at(transformed, 'Resources')).find(
          ([, resource]) => at(resource, 'Type') === 'AWS::Lambda::Version',
        );
        return JSON.stringify(version);
      };
      expect(await versionOf(change)).not.to.equal(await versionOf());
    });

  it('A new value is tested for every parameter that the properties of the function contain', async () => {
    const { transformed } = await translator().deploy();
    const found = new Set<string>();
    const conditions = Object(at(transformed, 'Conditions'));
    const parameters = Object.keys(Object(at(transformed, 'Parameters')));
    const collect = (value: unknown): void => {
      for (const [key, inner] of entries(value)) {
        if (key === 'Ref' && parameters.includes(String(inner))) found.add(String(inner));
        const condition = key === 'Fn::If' ? at(inner, 0) : undefined;
        if (condition !== undefined) collect(conditions[String(condition)]);
        collect(inner);
      }
      if (Array.isArray(value)) value.forEach(collect);
    };
    collect(at(transformed, 'Resources', 'ImageResizeFunction', 'Properties'));
    expect([...found].filter((name) => name !== 'ReservedConcurrency')).to.have.members(
      Object.keys(OTHER_VALUES),
    );
  });
});

describe('The commands for an existing bucket', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'brought-bucket-'));
    // Replaces the AWS CLI: prints the bucket's notifications and stores the new ones.
    writeFileSync(
      join(folder, 'aws'),
      '#!/bin/sh\ncase "$*" in *get-bucket-notification*) cat has.json;; *put-bucket-notification*) echo "$*" > put.txt; cp notifications.json given.json;; esac\n',
    );
    chmodSync(join(folder, 'aws'), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const { PrepareExistingBucketsCommands: commands = '' } = readReal({
    ExistingOriginalImagesBucket: 'originals-of-mine',
  }).outputs;

  for (const [what, has] of [
    ['no notifications', ''],
    [
      'a queue of its own',
      '{"QueueConfigurations": [{"Id": "theirs", "QueueArn": "arn:aws:sqs:x", "Events": ["s3:ObjectCreated:*"]}]}',
    ],
  ] as const)
    it(`The commands for an existing bucket turn on EventBridge and keep the other notifications of a bucket with ${what}`, () => {
      writeFileSync(join(folder, 'has.json'), has);
      const PATH = [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
      execFileSync('sh', ['-e', '-c', commands], { cwd: folder, env: { PATH } });
      expect(JSON.parse(readFileSync(join(folder, 'given.json'), 'utf8'))).to.deep.equal({
        ...JSON.parse(has || '{}'),
        EventBridgeConfiguration: {},
      });
      expect(readFileSync(join(folder, 'put.txt'), 'utf8')).to.include('--bucket originals-of-mine ');
    });

  it('The commands for an existing bucket of resized images announce what a bucket of the stack announces, keep its other notifications, and may be run again', () => {
    const overrides = { Announce: 'true', ExistingResizedImagesBucket: 'renditions-of-mine' };
    const { PrepareExistingResizedBucketCommands: announce = '', AnnouncementsTopicArn } =
      readReal(overrides).outputs;
    const theirs = { Id: 'theirs', TopicArn: 'arn:aws:sns:x', Events: ['s3:ObjectRestore:*'] };
    writeFileSync(join(folder, 'has.json'), JSON.stringify({ TopicConfigurations: [theirs] }));
    const PATH = [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
    for (const _ of ['once', 'again']) {
      execFileSync('sh', ['-e', '-c', announce], { cwd: folder, env: { PATH } });
      copyFileSync(join(folder, 'given.json'), join(folder, 'has.json'));
    }
    const { TopicConfigurations } = JSON.parse(readFileSync(join(folder, 'given.json'), 'utf8'));
    const [kept, added, ...others] = TopicConfigurations;
    expect([kept, ...others]).to.deep.equal([theirs]);
    const created = bucketsOf(readReal({ Announce: 'true' })).flatMap((bucket) => bucket.topicConfigurations);
    expect(added.TopicArn).to.equal(AnnouncementsTopicArn);
    expect(added.Events).to.deep.equal(created.map(({ event }) => `s3:${event}`));
    for (const { topicArn, prefix, suffix } of created) {
      expect(topicArn).to.equal(AnnouncementsTopicArn);
      expect(added.Filter.Key.FilterRules).to.deep.equal([
        { Name: 'prefix', Value: prefix },
        { Name: 'suffix', Value: suffix },
      ]);
    }
    expect(readFileSync(join(folder, 'put.txt'), 'utf8')).to.include('--bucket renditions-of-mine ');
  });

  it('The commands for an existing bucket are not printed for a bucket that the stack creates', () => {
    const { outputs } = readReal({ Announce: 'true' });
    expect(outputs).not.to.have.any.keys(
      'PrepareExistingBucketsCommands',
      'PrepareExistingResizedBucketCommands',
    );
  });
});

describe('AlarmEmail', () => {
  const subscriptions = (parameters: Parameters) =>
    [...readReal(parameters).resources.values()]
      .filter(({ type }) => type === 'AWS::SNS::Subscription')
      .map(({ properties }) => properties);

  it('AlarmEmail receives every alarm, and without AlarmEmail the topic has no subscription', () => {
    const { AlarmTopicArn } = readReal().outputs;
    expect(subscriptions({})).to.deep.equal([]);
    expect(subscriptions({ AlarmEmail: 'operators@example.com' })).to.deep.equal([
      { TopicArn: AlarmTopicArn, Protocol: 'email', Endpoint: 'operators@example.com' },
    ]);
    const alarms = [...readReal().resources.values()].filter(({ type }) => type === 'AWS::CloudWatch::Alarm');
    for (const { logicalId, properties } of alarms)
      expect(properties.AlarmActions, logicalId).to.deep.equal([AlarmTopicArn]);
  });

  for (const wrong of ['operators', 'operators@example', 'a b@example.com'])
    it(`AlarmEmail must be an e-mail address, which ${JSON.stringify(wrong)} is not`, () => {
      expect(() => readReal({ AlarmEmail: wrong })).to.throw(TemplateError, /for parameter AlarmEmail/);
    });
});

describe('The output KmsKeyPolicyStatement', () => {
  it('The output KmsKeyPolicyStatement is JSON that lets CloudWatch use the key for this account, and exists only with KmsKeyArn', () => {
    expect(JSON.parse(readReal({ KmsKeyArn: KEY }).outputs.KmsKeyPolicyStatement ?? '')).to.deep.include({
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
    });
    expect(readReal().outputs).not.to.have.property('KmsKeyPolicyStatement');
  });

  it('The output KmsKeyPolicyStatement says about S3 what docs/announcements.md says, because the deployment that would show it fails without it', () => {
    const text = readReal({ KmsKeyArn: KEY, Announce: 'true' }).outputs.KmsKeyPolicyStatement;
    const page = readFileSync('docs/announcements.md', 'utf8');
    const [, documented = ''] = /```json\n(\{"Effect".+?)```/s.exec(page) ?? [];
    expect(JSON.parse(`[${text}]`)).to.deep.include(
      JSON.parse(documented.replace('111122223333', '000000000000')),
    );
  });
});

// What template.yaml contains, as the runtime reads it.

import {
  apisOf,
  bucketsOf,
  functionsOf,
  queuesOf,
  rulesOf,
  stateMachinesOf,
  type Template,
  TemplateError,
} from 'aws-on-one-machine';
import { expect } from 'chai';
import { readReal } from '../support/template-file.ts';

const EXISTING_BUCKETS = ['ExistingOriginalImagesBucket', 'ExistingResizedImagesBucket'];
const ACCOUNT = 'us-east-1:000000000000';

describe('The template of this pipeline', () => {
  let template: Template;
  before(() => {
    template = readReal();
  });

  it('The template has two buckets, and that of the originals sends events', () => {
    expect(
      bucketsOf(template).map(({ logicalId, name, sendsEvents }) => ({ logicalId, name, sendsEvents })),
    ).to.deep.equal([
      { logicalId: 'OriginalImagesBucket', name: 'local-originalimagesbucket', sendsEvents: true },
      { logicalId: 'ResizedImagesBucket', name: 'local-resizedimagesbucket', sendsEvents: false },
    ]);
  });

  it('The template has one function, which esbuild bundles without sharp', () => {
    const [lambda, another] = functionsOf(template);
    expect(another).to.equal(undefined);
    expect(lambda).to.deep.include({
      logicalId: 'ImageResizeFunction',
      role: 'ImageResizeFunctionRole',
      handler: 'handler.handler',
      codeUri: '.',
      timeoutSeconds: 60,
      memorySizeMb: 1769,
    });
    expect(lambda?.build).to.deep.include({
      entryPoints: ['functions/image-resize/handler.ts', 'functions/image-resize/image-worker.ts'],
      external: ['sharp'],
      target: 'node24',
    });
    expect(lambda?.environment).to.deep.include({
      ORIGINAL_IMAGES_BUCKET: 'local-originalimagesbucket',
      MALLOC_ARENA_MAX: '1',
    });
  });

  it('The template has an EXPRESS state machine that two rules start, and a STANDARD one that no rule starts', () => {
    const rules = rulesOf(template);
    const machines = stateMachinesOf(template).map(({ name, arn, type, role }) => ({
      name,
      type,
      role,
      rules: rules.filter(({ stateMachineArn }) => stateMachineArn === arn).length,
    }));
    expect(machines).to.deep.equal([
      { name: 'ResizeUploadStateMachine', type: 'EXPRESS', role: 'ResizeUploadStateMachineRole', rules: 2 },
      { name: 'ResizeImageStateMachine', type: 'STANDARD', role: 'ResizeImageStateMachineRole', rules: 0 },
    ]);
  });

  it('The template has a rule for uploads under input/ whose dead letters go to the queue', () => {
    const [rule] = rulesOf(template);
    const { pattern, ...rest } = rule ?? {};
    expect(rest).to.deep.equal({
      logicalId: 'ResizeUploadStateMachineImageUploaded',
      stateMachineArn: `arn:aws:states:${ACCOUNT}:stateMachine:ResizeUploadStateMachine`,
      role: 'ResizeUploadStateMachineImageUploadedRole',
      deadLetterQueueArn: queuesOf(template)[0]?.arn,
    });
    expect(pattern?.raw).to.deep.equal({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: ['local-originalimagesbucket'] }, object: { key: [{ prefix: 'input/' }] } },
    });
  });

  it('The template has one API, whose stage prod accepts 50 requests per second and 100 at once', () => {
    const apis = apisOf(template).map(({ logicalId, stageName }) => ({ logicalId, stageName }));
    expect(apis).to.deep.equal([{ logicalId: 'ProcessImageApi', stageName: 'prod' }]);
    expect(template.resources.get('ProcessImageApi')?.properties.MethodSettings).to.deep.equal([
      { ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: '50', ThrottlingBurstLimit: '100' },
    ]);
  });

  it('The template has the outputs of the design', () => {
    expect(Object.keys(template.outputs)).to.deep.equal([
      'ProcessImageUrl',
      'OriginalImagesBucketName',
      'ResizedImagesBucketName',
      'ResizeImageStateMachineArn',
      'ResizeUploadStateMachineArn',
      'ImageResizeFunctionName',
      'DashboardUrl',
      'AlarmTopicArn',
    ]);
  });

  it('Existing buckets are named wherever the template names a bucket', () => {
    const existing = readReal({
      ExistingOriginalImagesBucket: 'photos',
      ExistingResizedImagesBucket: 'photos',
    });
    expect(
      bucketsOf(existing, EXISTING_BUCKETS).map(({ name, sendsEvents }) => ({ name, sendsEvents })),
    ).to.deep.equal([{ name: 'photos', sendsEvents: true }]);
    expect(functionsOf(existing)[0]?.environment).to.include({
      ORIGINAL_IMAGES_BUCKET: 'photos',
      RESIZED_IMAGES_BUCKET: 'photos',
    });
    expect(rulesOf(existing)[0]?.pattern.at('detail').raw).to.have.deep.property('bucket', {
      name: ['photos'],
    });
    expect(stateMachinesOf(existing)[1]?.text)
      .to.include('"Bucket": "photos"')
      .and.not.include('imagesbucket"');
    expect(existing.outputs.OriginalImagesBucketName).to.equal('photos');
  });

  it('All wrong parameters are reported at once, each with the values that it accepts', () => {
    const overrides = {
      ApiAuth: 'ANYBODY',
      MemorySize: '512',
      ToleratedFailurePercentage: '5',
      Typo: '1',
      ImagesPerBatch: 'ten',
    };
    expect(() => readReal(overrides))
      .to.throw(TemplateError)
      .with.property('message')
      .that.satisfies((message: string) =>
        [
          /one of AWS_IAM, API_KEY, NONE for parameter ApiAuth, found "ANYBODY"/,
          /at least 1024 for parameter MemorySize, found "512"/,
          /for parameter ToleratedFailurePercentage, found "5"/,
          /one of the parameters ApiAuth, .* found Typo/,
          /a number for parameter ImagesPerBatch, found "ten"/,
        ].every((mistake) => mistake.test(message)),
      );
  });

  it('The runtime leaves out only alarms, dashboard, topic, log groups and API keys', () => {
    const types = (overrides: Record<string, string>) =>
      readReal(overrides).leftOut.map(({ type }) => type.replace('AWS::', ''));
    expect(new Set(types({}))).to.deep.equal(
      new Set([
        'CloudWatch::Alarm',
        'CloudWatch::Dashboard',
        'Logs::LogGroup',
        'SNS::Topic',
        'SNS::TopicPolicy',
      ]),
    );
    expect(types({ ApiAuth: 'API_KEY' })).to.include('ApiGateway::ApiKey');
  });

  it('No resource that runs refers to a made-up value, whatever the parameters are', () => {
    for (const overrides of [{}, { ApiAuth: 'API_KEY' }, { Tracing: 'true', AlarmEmail: 'a@example.com' }])
      expect(readReal(overrides).madeUpValues).to.deep.equal([]);
  });
});

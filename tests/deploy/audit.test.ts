import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { at, entries } from './translator.ts';

/** Set by `.ci/run`: npm test asks nobody, so that it gives the same answer tomorrow. */
const { SAM_PYTHON } = process.env;

describe('npm audit', () => {
  before(function () {
    if (SAM_PYTHON) return;
    console.log('    Skipped: .ci/run asks the registry.');
    this.skip();
  });

  for (const folder of ['.', 'layers/sharp'])
    it(`knows of no vulnerability in what is deployed from ${folder}`, function () {
      const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
        cwd: folder,
        encoding: 'utf8',
      });
      const report: unknown = JSON.parse(stdout);
      // A mirror may not serve it, and a laptop may be offline: that is said, and nothing else passes.
      if (cannotAsk(report)) {
        console.log(`    Skipped: the registry does not answer npm audit: ${at(report, 'message')}`);
        return this.skip();
      }
      expect(at(report, 'auditReportVersion'), stdout + stderr).to.equal(2);
      expect(entries(at(report, 'vulnerabilities')).map(([name]) => name)).to.deep.equal([]);
    });
});

/** Whether the audit endpoint is not there, or not reachable. */
function cannotAsk(report: unknown): boolean {
  const message = String(at(report, 'message') ?? at(report, 'error', 'summary') ?? '');
  const isThere = ![404, 405, 501].includes(Number(at(report, 'statusCode')));
  return !isThere || /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(message);
}

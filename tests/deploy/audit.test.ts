import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { validRange } from 'semver';
import {
  advisoriesOn,
  askOsv,
  FOLDERS,
  knownFaults,
  lockOf,
  readAdvisories,
  shippedPackages,
} from './advisories.ts';
import { at, entries } from './translator.ts';

/** Set by `.ci/run`. `npm test` asks nobody on the network, so that its result does not change from day to day. */
const { SAM_PYTHON } = process.env;

const OLD_SHARP = {
  name: 'sharp',
  version: '0.35.3',
  fault: 'GHSA-rgj7-g3m4-5g8c, libheif: an AVIF can execute code',
} as const;
const FAULTS = {
  '.': OLD_SHARP,
  'layers/sharp': OLD_SHARP,
  'layers/heic': {
    name: 'libheif-js',
    version: '1.19.8',
    fault: 'GHSA-g89c-p67h-r497, libheif: a HEIC can execute code',
  },
} as const;

describe('The known advisories', () => {
  const list = readAdvisories();

  for (const folder of FOLDERS) {
    it(`The known advisories name no package that is deployed from ${folder}`, () => {
      expect(knownFaults(shippedPackages(lockOf(folder)), list)).to.deep.equal([]);
    });

    it(`The known advisories say of every package that is deployed from ${folder} that it was looked up`, () => {
      const unknown = shippedPackages(lockOf(folder)).filter((one) => !advisoriesOn(one, list));
      expect(unknown.map(({ name }) => name)).to.deep.equal([]);
    });

    it(`The known advisories find a package with a known fault in a copy of the lock file of ${folder}, without a network`, () => {
      const { name, version, fault } = FAULTS[folder];
      const copy: unknown = JSON.parse(JSON.stringify(lockOf(folder)));
      Object(at(copy, 'packages', `node_modules/${name}`)).version = version;
      expect(knownFaults(shippedPackages(copy), list)).to.deep.equal([`${name} ${version}: ${fault}`]);
    });
  }

  it('The known advisories have an id, a range that npm reads and the day on which they were looked up', () => {
    expect(new Date(list.checked).getTime()).to.be.above(0);
    for (const advisories of Object.values(list.packages))
      for (const { id, affected } of advisories) {
        expect(id).to.match(/^GHSA(-[a-z0-9]{4}){3}$/);
        expect(validRange(affected), affected).to.be.a('string');
      }
  });
});

describe('The databases of advisories', () => {
  const silent = new Set<string>();

  before(function () {
    if (SAM_PYTHON) return;
    console.log('    Skipped: .ci/run asks them.');
    this.skip();
  });
  after(() => {
    if (silent.size === 2)
      console.log(
        `    Neither ${[...silent].join(' nor ')} could be asked: only .ci/advisories.json, of ${readAdvisories().checked}, was read.`,
      );
  });

  for (const folder of FOLDERS) {
    it(`npm audit reports no vulnerability in the packages that are deployed from ${folder}`, function () {
      const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
        cwd: folder,
        encoding: 'utf8',
      });
      const report: unknown = JSON.parse(stdout);
      // A mirror may not serve audits, and a laptop may be offline. Only these two cases skip the test.
      if (cannotAsk(report)) {
        silent.add('npm audit');
        console.log(`    Skipped: the registry does not answer npm audit: ${at(report, 'message')}`);
        return this.skip();
      }
      expect(at(report, 'auditReportVersion'), stdout + stderr).to.equal(2);
      expect(entries(at(report, 'vulnerabilities')).map(([name]) => name)).to.deep.equal([]);
    });

    it(`OSV names no package that is deployed from ${folder}`, async function () {
      const found = await askOsv(shippedPackages(lockOf(folder)));
      if (found === undefined) {
        silent.add('OSV');
        console.log('    Skipped: the database of OSV cannot be reached.');
        return this.skip();
      }
      return expect(found).to.deep.equal([]);
    });
  }
});

/** Whether the registry has no audit endpoint or cannot be reached. */
function cannotAsk(report: unknown): boolean {
  const message = String(at(report, 'message') ?? at(report, 'error', 'summary') ?? '');
  const isThere = ![404, 405, 501].includes(Number(at(report, 'statusCode')));
  return !isThere || /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(message);
}

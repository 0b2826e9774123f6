import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';

interface Update {
  readonly 'package-ecosystem': string;
  readonly directories?: readonly string[];
  readonly directory?: string;
  readonly groups: Readonly<Record<string, { readonly patterns: readonly string[] }>>;
}

const config: { readonly updates: readonly Update[] } = parse(readFileSync('.github/dependabot.yml', 'utf8'));
const foldersOf = (ecosystem: string): string[] =>
  config.updates
    .filter((update) => update['package-ecosystem'] === ecosystem)
    .flatMap(({ directory, directories = [] }) => [...directories, ...(directory ? [directory] : [])]);

describe('Dependabot', () => {
  it('Dependabot updates every lock file of npm, the requirements of Python and the actions of the workflow', () => {
    const locks = globSync('**/package-lock.json', { exclude: (name) => /node_modules|^\./.test(name) });
    expect(foldersOf('npm')).to.have.members(
      locks.map((file) => `/${file}`.replace(/\/package-lock\.json$/, '') || '/'),
    );
    expect(foldersOf('pip')).to.deep.equal(['/.ci']);
    expect(existsSync('.ci/requirements.txt')).to.equal(true);
    expect(foldersOf('github-actions')).to.deep.equal(['/']);
  });

  it('Dependabot puts sharp and its binaries into a group of their own, and libheif-js into another, in one pull request for all folders', () => {
    const npm = config.updates.filter((update) => update['package-ecosystem'] === 'npm');
    expect(npm).to.have.length(1);
    // The first group that matches a package takes it.
    const [first, second] = Object.entries(npm[0]?.groups ?? {});
    expect(first).to.deep.equal(['sharp', { patterns: ['sharp', '@img/*'] }]);
    expect(second).to.deep.equal(['libheif', { patterns: ['libheif-js'] }]);
    expect(npm[0]?.directories).to.deep.equal(['/', '/layers/sharp', '/layers/heic']);
  });

  it('Dependabot opens one pull request for each group, because every package is in one', () => {
    for (const { groups } of config.updates)
      expect(Object.values(groups).flatMap(({ patterns }) => patterns)).to.include('*');
  });

  it('The layer has the sharp and the binaries that the functions are tested with', () => {
    const versions = (file: string) => {
      const { packages }: { packages: Record<string, { version?: string }> } = JSON.parse(
        readFileSync(file, 'utf8'),
      );
      return Object.fromEntries(
        Object.entries(packages)
          .filter(([path]) => /^node_modules\/(sharp$|@img\/)/.test(path))
          .map(([path, { version }]) => [path, version]),
      );
    };
    const ofLayer = versions('layers/sharp/package-lock.json');
    expect(ofLayer).to.have.property('node_modules/sharp');
    expect(ofLayer).to.deep.equal(versions('package-lock.json'));
  });
});

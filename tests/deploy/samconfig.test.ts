import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { readReal } from '../support/template-file.ts';
import { at, items } from './translator.ts';

/** A Python interpreter with aws-sam-cli; `.ci/run` installs one. */
const { SAM_PYTHON } = process.env;

describe('samconfig.toml', () => {
  let config: unknown;

  before(function () {
    if (!SAM_PYTHON) {
      console.log('    Skipped: set SAM_PYTHON to a Python with aws-sam-cli, as .ci/run does.');
      return this.skip();
    }
    config = python('import tomllib; print(json.dumps(tomllib.load(open("samconfig.toml", "rb"))))');
  });

  for (const environment of ['default', 'prod'])
    it(`samconfig.toml deploys ${environment} with valid parameters and the capability to create roles`, () => {
      const deploy = at(config, environment, 'deploy', 'parameters');
      const overrides = String(at(deploy, 'parameter_overrides') ?? '')
        .split(' ')
        .filter(Boolean);
      readReal(Object.fromEntries(overrides.map((override) => override.split('='))));
      expect(at(deploy, 'capabilities')).to.equal('CAPABILITY_IAM');
    });

  it('samconfig.toml gives the two stacks different names and asks for confirmation before it changes prod', () => {
    const name = (environment: string) => at(config, environment, 'global', 'parameters', 'stack_name');
    expect(name('prod')).to.be.a('string').and.not.equal(name('default'));
    expect(at(config, 'prod', 'deploy', 'parameters', 'confirm_changeset')).to.equal(true);
  });

  it('samconfig.toml lets sam sync change no stack that sam deploy deploys', () => {
    const synced = at(config, 'default', 'sync', 'parameters', 'stack_name');
    const deployed = ['default', 'prod'].map((environment) =>
      at(config, environment, 'global', 'parameters', 'stack_name'),
    );
    expect(synced).to.be.a('string');
    expect(deployed).not.to.include(synced);
  });

  it('samconfig.toml makes sam sync --watch see the source in any checkout folder, and no file that the runtime writes', () => {
    const excludes = items(
      at(config, 'default', 'sync', 'parameters', 'watch_exclude', 'ImageResizeFunction'),
    );
    // The SAM CLI matches paths in this way.
    const isWatched = (path: string): unknown =>
      python(
        `import re; print(json.dumps(not any(re.match(f"^.*{x}.*$", ${JSON.stringify(path)}) for x in json.loads(${JSON.stringify(JSON.stringify(excludes))}))))`,
      );
    for (const checkout of [
      '/home/me/pipeline',
      '/home/me/docs/tests/local/bench',
      '/work/node-local.git-copy',
    ])
      expect(isWatched(`${checkout}/functions/image-resize/renditions.ts`), checkout).to.equal(true);
    for (const file of ['.local/s3/local-originalimagesbucket/input/cat.jpg', '.venv/bin/sam', '.git/index'])
      expect(isWatched(`/home/me/pipeline/${file}`), file).to.equal(false);
  });
});

function python(script: string): unknown {
  const { stdout, stderr } = spawnSync(SAM_PYTHON ?? '', ['-c', `import json; ${script}`], {
    encoding: 'utf8',
  });
  expect(stderr).to.equal('');
  return JSON.parse(stdout);
}

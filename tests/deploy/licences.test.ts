import { readFileSync } from 'node:fs';
import { functionsOf } from 'aws-on-one-machine';
import { expect } from 'chai';
import { build } from 'esbuild';
import { readReal } from '../support/template-file.ts';
import { lockOf, shippedPackages } from './advisories.ts';
import { at, entries, items } from './translator.ts';

/** Licences that require no more than a notice. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

describe('The licences of the deployed packages', () => {
  it('The licences of the packages in the bundle are permissive', async () => {
    const [lambda] = functionsOf(readReal());
    const { metafile } = await build({
      entryPoints: [...(lambda?.build.entryPoints ?? [])],
      external: [...(lambda?.build.external ?? [])],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      write: false,
      metafile: true,
      logLevel: 'silent',
      outdir: '.',
    });
    const names = new Set(
      Object.keys(metafile.inputs).flatMap(
        (file) => /.*node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(file)?.[0] ?? [],
      ),
    );
    expect(names).to.include('node_modules/@aws-sdk/client-s3');
    const packages = lockedPackages('package-lock.json');
    for (const name of names) expect(PERMISSIVE, name).to.include(at(packages, name, 'license'));
  });

  for (const cpu of ['arm64', 'x64'])
    it(`The licences of the packages in the layer with sharp for ${cpu} are permissive, except that libvips is LGPL`, () => {
      const layer = installed(lockedPackages('layers/sharp/package-lock.json'), cpu);
      const others = layer.filter(({ licence }) => !PERMISSIVE.includes(String(licence)));
      // libvips is a shared library that the user can replace, as the LGPL requires.
      expect(others).to.deep.equal([
        { name: `@img/sharp-libvips-linux-${cpu}`, licence: 'LGPL-3.0-or-later' },
      ]);
      expect(layer.map(({ name }) => name)).to.include.members(['sharp', `@img/sharp-linux-${cpu}`]);
    });

  it('The only package in the layer for HEIC is libheif-js, which is LGPL', () => {
    const layer = installed(lockedPackages('layers/heic/package-lock.json'), 'arm64');
    // A file of its own beside the function, which the user can replace, as the LGPL requires.
    expect(layer).to.deep.equal([{ name: 'libheif-js', licence: 'LGPL-3.0' }]);
    expect(readFileSync('node_modules/libheif-js/libheif-wasm/LICENSE', 'utf8')).to.include(
      'GNU LESSER GENERAL PUBLIC LICENSE',
    );
  });

  it('No decoder of HEVC is deployed besides the layer for HEIC', () => {
    for (const folder of ['.', 'layers/sharp'])
      for (const { name } of shippedPackages(lockOf(folder)))
        expect(name, folder).not.to.match(/hei[cf]|26[45]/);
  });
});

function lockedPackages(file: string): unknown {
  return at(JSON.parse(readFileSync(file, 'utf8')), 'packages');
}

/** The packages that npm installs on Lambda's platform. The layer's packages are not nested. */
function installed(packages: unknown, cpu: string): { name: string; licence: unknown }[] {
  const found = new Map<string, unknown>();
  const visit = (one: unknown): void => {
    for (const [name] of [...entries(at(one, 'dependencies')), ...entries(at(one, 'optionalDependencies'))]) {
      const dependency = at(packages, `node_modules/${name}`);
      const isForIt = fits(dependency, 'os', 'linux') && fits(dependency, 'cpu', cpu);
      if (found.has(name) || !isForIt || !fits(dependency, 'libc', 'glibc')) continue;
      found.set(name, at(dependency, 'license'));
      visit(dependency);
    }
  };
  visit(at(packages, ''));
  return [...found].map(([name, licence]) => ({ name, licence }));
}

/** Whether npm installs a package on a machine with this os, cpu or libc. */
function fits(one: unknown, key: string, value: string): boolean {
  const allowed = items(at(one, key));
  return allowed.length === 0 || allowed.includes(value);
}

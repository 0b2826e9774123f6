import { execFileSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'esbuild';
import fc from 'fast-check';
import { toPicture } from 'image-pipeline-client';
import { rgbaToThumbHash, thumbHashToDataURL } from 'thumbhash';
import { paintUpright } from '../../support/images.ts';
import { makeImage } from '../../support/made-image.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const packageFile = JSON.parse(readFileSync('client/package.json', 'utf8'));

describe('The package image-pipeline-client', () => {
  it('All of it, minified and compressed, has less than 6 KB', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "export * from './index.js'; import './pipeline-image.js';", resolveDir: 'client' },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
    expect(bytes).to.be.within(2000, 6000);
  });

  it('It depends on no package, so that a page loads its files as they are and sam build installs nothing', () => {
    expect(packageFile).not.to.have.any.keys('dependencies', 'peerDependencies', 'optionalDependencies');
    for (const file of globSync('client/**/*.js'))
      for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g))
        expect(specifier, file).to.match(/^\.\/.+\.js$/);
  });

  it('Its type declarations are those of its files', function () {
    this.timeout(60_000);
    const folder = temporaryFolder('client-types');
    const words = readFileSync('package.json', 'utf8');
    const [, script = ''] = /"client:types": "([^"]+)"/.exec(words) ?? [];
    const args = script.replace('client/types', folder).split(' ').slice(1);
    execFileSync('node_modules/.bin/tsc', args);
    const read = (types: string) =>
      Object.fromEntries(
        readdirSync(types, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => [name, readFileSync(join(types, name), 'utf8')]),
      );
    expect(read('client/types')).to.deep.equal(read(folder));
  });

  it('Its decoder gives the placeholder that the package thumbhash gives', async () => {
    const { manifest } = await makeImage(await paintUpright(90, 60).jpeg().toBuffer());
    const decode = (hash: Uint8Array) => {
      const placeholder = { thumbHash: Buffer.from(hash).toString('base64'), dominantColor: '#000000' };
      return toPicture({ ...manifest, placeholder }, { base: 'https://images.example' }).placeholder?.image;
    };
    const side = fc.integer({ min: 1, max: 32 });
    fc.assert(
      fc.property(side, side, fc.infiniteStream(fc.nat(255)), (width, height, bytes) => {
        const pixels = Uint8Array.from(bytes.take(width * height * 4));
        const hash = rgbaToThumbHash(width, height, pixels);
        expect(decode(hash)).to.equal(thumbHashToDataURL(hash));
      }),
      { numRuns: 50 },
    );
  });
});

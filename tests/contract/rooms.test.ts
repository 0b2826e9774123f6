// Which folder may import which. docs: CONTRIBUTING.md, "Where everything is".

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';

interface Import {
  readonly file: string;
  /** A package's name, or a path from the repository's root. */
  readonly target: string;
}

/** What a file imports, re-exports, loads or points a URL at; types count. */
function importsOf(file: string, text = readFileSync(file, 'utf8')): Import[] {
  const specifiers = text.matchAll(/(?:from |import |import\(|new URL\()'([^']+)'/g);
  return [...specifiers].map(([, specifier = '']) => ({
    file,
    target: specifier.startsWith('.')
      ? normalize(join(dirname(file), specifier))
      : (/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier),
  }));
}

const filesBelow = (folder: string): string[] =>
  globSync(`${folder}/**/*.{ts,tsx,js,html}`, { exclude: (name) => name.includes('node_modules') });

/** Imports that leave runtime/, or name a package that runtime/package.json does not list. */
function leavingRuntime(imports: readonly Import[]): string[] {
  const { devDependencies } = JSON.parse(readFileSync('runtime/package.json', 'utf8'));
  const isAllowed = (target: string) =>
    target.startsWith('runtime/') || isBuiltin(target) || Object.hasOwn(devDependencies, target);
  return imports.filter(({ target }) => !isAllowed(target)).map(({ file, target }) => `${file}: ${target}`);
}

/** Imports of what only a developer's machine has. */
function leavingFunctions(imports: readonly Import[]): string[] {
  const isLocal = (target: string) =>
    /^(local|operate|runtime|tests|bench)\//.test(target) || target === 'aws-on-one-machine';
  return imports.filter(({ target }) => isLocal(target)).map(({ file, target }) => `${file}: ${target}`);
}

/** Imports that leave client/, or name a package: a page loads its files as they are. */
function leavingClient(imports: readonly Import[]): string[] {
  return imports
    .filter(({ target }) => !target.startsWith('client/'))
    .map(({ file, target }) => `${file}: ${target}`);
}

/** Imports of what only a page has. */
function reachingClient(imports: readonly Import[]): string[] {
  return imports
    .filter(({ target }) => target.startsWith('client/') || target === 'image-pipeline-client')
    .map(({ file, target }) => `${file}: ${target}`);
}

/** Imports between the services of runtime/ that pass by a service's index.ts. */
function passingByAnIndex(imports: readonly Import[]): string[] {
  const service = (path: string) => /^runtime\/(?!tests\/)([\w-]+)\//.exec(path)?.[1];
  return imports
    .filter(({ file, target }) => !file.startsWith('runtime/tests/') && service(target) !== undefined)
    .filter(({ file, target }) => service(file) !== service(target) && !target.endsWith('/index.ts'))
    .map(({ file, target }) => `${file}: ${target}`);
}

/** The rooms of the image core, from the innermost. The first one is its own folder. */
const ROOMS = ['.', 'colour', 'avif', 'tiff', 'reading', 'heic', 'rows', 'rendering'];

/** Imports inside the image core of a room that comes later, or of its entry, and those of a room that is not listed. */
function leadingOutward(imports: readonly Import[]): string[] {
  const core = 'functions/image-resize/image/';
  const rank = (path: string) =>
    path === 'make-renditions.ts' ? ROOMS.length : ROOMS.indexOf(dirname(path));
  return imports
    .filter(({ file, target }) => file.startsWith(core) && target.startsWith(core))
    .map(({ file, target }) => [file.slice(core.length), target.slice(core.length)] as const)
    .filter(([file, target]) => rank(target) > rank(file))
    .map(([file, target]) => `${file}: ${target}`);
}

describe('The folders of this repository', () => {
  const runtime = filesBelow('runtime').flatMap((file) => importsOf(file));
  const functions = filesBelow('functions').flatMap((file) => importsOf(file));

  it('runtime/ imports nothing from outside itself, and no package that it does not list', () => {
    expect(runtime.length).to.be.above(300);
    expect(leavingRuntime(runtime)).to.deep.equal([]);
  });

  it('functions/ imports nothing from runtime/, local/, operate/, tests/ or bench/', () => {
    expect(functions.length).to.be.above(50);
    expect(leavingFunctions(functions)).to.deep.equal([]);
  });

  it('client/ imports nothing from outside itself, and no package', () => {
    const client = filesBelow('client').flatMap((file) => importsOf(file));
    expect(client.length).to.be.above(10);
    expect(leavingClient(client)).to.deep.equal([]);
  });

  it('Only examples/, tests/ and local/studio/ import client/', () => {
    const others = ['functions', 'runtime', 'local', 'operate', 'bench', 'docs'].flatMap(filesBelow);
    const imports = others
      .filter((file) => !file.startsWith('local/studio/'))
      .flatMap((file) => importsOf(file));
    expect(reachingClient(imports)).to.deep.equal([]);
  });

  it('A service of runtime/ imports another service only by the index.ts of that service', () => {
    expect(passingByAnIndex(runtime)).to.deep.equal([]);
  });

  it('A room of the image core imports only rooms that come before it', () => {
    expect(leadingOutward(functions)).to.deep.equal([]);
  });

  for (const [rule, find, file, text] of [
    [
      'that leaves runtime/',
      leavingRuntime,
      'runtime/s3/server.ts',
      "import type { A } from '../../local/upload.ts';",
    ],
    ['of an unlisted package', leavingRuntime, 'runtime/stack.ts', "import sharp from 'sharp';"],
    [
      'of the runtime',
      leavingFunctions,
      'functions/image-resize/handler.ts',
      "import { A } from 'aws-on-one-machine';",
    ],
    [
      'of local/',
      leavingFunctions,
      'functions/image-resize/a.ts',
      "export { A } from '../../local/upload.ts';",
    ],
    [
      'that leaves client/',
      leavingClient,
      'client/index.js',
      "/** @import { A } from '../local/upload.ts' */",
    ],
    ['of a package in client/', leavingClient, 'client/to-picture.js', "import { a } from 'thumbhash';"],
    ['of client/', reachingClient, 'local/start.ts', "import { toPicture } from 'image-pipeline-client';"],
    [
      'that leads outward',
      leadingOutward,
      'functions/image-resize/image/colour/lab.ts',
      "import { A } from '../reading/format.ts';",
    ],
    ['past an index', passingByAnIndex, 'runtime/sqs/service.ts', "import { A } from '../iam/roles.ts';"],
  ] as const)
    it(`The check of the imports finds an import ${rule}`, () => {
      expect(find(importsOf(file, text))).to.have.length(1);
    });

  it('The linter, which npm test runs, refuses a circle of imports, even if it imports only types', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rooms-'));
    try {
      const { vcs: _, ...configuration } = JSON.parse(readFileSync('biome.json', 'utf8'));
      writeFileSync(join(folder, 'biome.json'), JSON.stringify(configuration));
      mkdirSync(join(folder, 'local'));
      writeFileSync(
        join(folder, 'local/a.ts'),
        "import type { B } from './b.ts';\n\nexport type A = B | 1;\n",
      );
      writeFileSync(
        join(folder, 'local/b.ts'),
        "import type { A } from './a.ts';\n\nexport type B = A | 2;\n",
      );
      const biome = join(process.cwd(), 'node_modules/.bin/biome');
      const { status, stdout, stderr } = spawnSync(biome, ['lint', '.'], { cwd: folder, encoding: 'utf8' });
      expect(status).to.equal(1);
      expect(stdout + stderr).to.include('noImportCycles');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

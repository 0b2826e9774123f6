import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { bundleFunctions } from '../../lambda/index.ts';
import { readTemplateAt, writeTemplate } from '../support/template-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TEMPLATE = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: esbuild
      BuildProperties: { EntryPoints: [source/handler.ts], Minify: false }
    Properties: { Runtime: nodejs24.x, CodeUri: ., Handler: handler.handler }
`;
const SOURCES = {
  'source/handler.ts':
    "import { answer } from '../parts/answer';\nexport const handler = async () => answer + 1;\n",
  'parts/answer/index.ts': 'export const answer = 41;\n',
  'source/tsconfig.json': '{}',
};

describe('Lambda: the cache of bundles', () => {
  let folder: string;
  let file: string;
  let outside: string;
  let cache: string;
  beforeEach(async () => {
    file = writeTemplate(TEMPLATE, SOURCES);
    folder = dirname(file);
    // Outside of the folder of the sources, which would change.
    outside = temporaryFolder('bundles');
    cache = join(outside, 'cache');
    // What was written just before a build is not kept: see CLOCK_STEP_MS.
    await sleep(60);
    await bundle();
  });

  async function bundle({ into = 'out', template = readTemplateAt(file), cached = true } = {}) {
    const [made] = await bundleFunctions(template, join(outside, into), cached ? cache : undefined);
    if (!made) throw new Error('The template has no function.');
    made.write();
    return readFileSync(join(made.directory, 'handler.js'), 'utf8');
  }

  /** Changes the code that the cache contains, so that a test sees whether it was used. */
  function markCache(): void {
    const kept = join(cache, 'Work.json');
    writeFileSync(kept, readFileSync(kept, 'utf8').replace('+ 1', '+ 2'));
  }

  it('A bundle whose sources have not changed comes from the cache, in whatever folder it is written', async () => {
    markCache();
    expect(await bundle()).to.contain('answer + 2');
    expect(await bundle({ into: 'elsewhere' })).to.contain('answer + 2');
    const map = join(outside, 'elsewhere/functions/Work/handler.js.map');
    const { sources } = JSON.parse(readFileSync(map, 'utf8'));
    expect(sources).to.have.members([
      join(folder, 'parts/answer/index.ts'),
      join(folder, 'source/handler.ts'),
    ]);
  });

  it("The sources of a bundle from the cache are among the template's files, which are watched", async () => {
    markCache();
    const template = readTemplateAt(file);
    await bundle({ template });
    for (const source of ['source/handler.ts', 'parts/answer/index.ts'])
      expect([...template.files]).to.include(join(folder, source));
  });

  const changes: Readonly<Record<string, () => void>> = {
    'a source has other text of the same length': () =>
      writeFileSync(join(folder, 'parts/answer/index.ts'), 'export const answer = 99;\n'),
    'a new file takes the place of a source': () =>
      writeFileSync(join(folder, 'parts/answer.ts'), 'export const answer = 7;\n'),
    'a setting of TypeScript changes': () =>
      writeFileSync(join(folder, 'source/tsconfig.json'), '{ "compilerOptions": { "target": "es5" } }'),
    'a package.json is added': () =>
      writeFileSync(join(folder, 'parts/package.json'), '{ "sideEffects": false }'),
    'the options of the build change': () =>
      writeFileSync(file, TEMPLATE.replace('Minify: false', 'Minify: true')),
    'a source is deleted, and another one found': () => {
      rmSync(join(folder, 'parts/answer/index.ts'));
      writeFileSync(join(folder, 'parts/answer/index.js'), 'export const answer = 5;\n');
    },
    'the cache contains something else': () => writeFileSync(join(cache, 'Work.json'), '{ "options": 1 }'),
    'the cache was cut off': () => {
      const kept = join(cache, 'Work.json');
      writeFileSync(kept, readFileSync(kept, 'utf8').slice(0, 200));
    },
  };
  for (const [what, change] of Object.entries(changes))
    it(`A function is bundled again if ${what}`, async () => {
      markCache();
      change();
      expect(await bundle()).to.equal(await bundle({ cached: false }));
    });

  it('A mistake in a source is reported, though the cache has an older bundle', async () => {
    writeFileSync(join(folder, 'source/handler.ts'), '}');
    const error = await bundle().catch((one: unknown) => one);
    expect(String(error)).to.contain('source/handler.ts:1');
  });

  it('A source that was written during the build is not kept, because the bundle may contain what it was before', async () => {
    writeFileSync(join(folder, 'parts/answer/index.ts'), 'export const answer = 1;\n');
    rmSync(cache, { recursive: true });
    await bundle();
    expect(readdirSync(cache)).to.deep.equal([]);
  });

  it('A cache that cannot be written to changes nothing', async () => {
    rmSync(cache, { recursive: true });
    writeFileSync(cache, 'This is no folder.');
    expect(await bundle()).to.contain('answer + 1');
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { type PipelineUnderTest, startPipeline } from '../pipeline/pipeline.ts';
import { paintUpright } from '../unit/image/images.ts';

/** The Python that has aws-sam-cli; `.ci/run` makes one. */
const { SAM_PYTHON } = process.env;
const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64' };

describe('The SAM build', () => {
  let clone: string;
  const sam = (...args: string[]) =>
    spawnSync(join(dirname(SAM_PYTHON ?? ''), 'sam'), args, {
      cwd: clone,
      encoding: 'utf8',
      // A bare machine: no node_modules/.bin of ours on the PATH.
      env: {
        ...process.env,
        PATH: withoutOurs(process.env.PATH),
        SAM_CLI_TELEMETRY: '0',
        AWS_DEFAULT_REGION: 'us-east-1',
      },
    });

  before(function () {
    if (!SAM_PYTHON) {
      console.log('    Skipped: set SAM_PYTHON to a Python with aws-sam-cli, as .ci/run does.');
      return this.skip();
    }
    clone = mkdtempSync(join(tmpdir(), 'image-pipeline-clone-'));
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const file of files) cpSync(file, join(clone, file));
  });
  after(() => clone && rmSync(clone, { recursive: true, force: true }));

  it('validates and lints clean', () => {
    const { status, stdout, stderr } = sam('validate', '--lint');
    expect(status, stdout + stderr).to.equal(0);
    expect(stdout).to.match(/is a valid SAM Template/);
  });

  it('holds sharp in the layer in the very version that the tests run with', () => {
    const layer = JSON.parse(readFileSync('layers/sharp/package-lock.json', 'utf8'));
    const root = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    expect(layer.packages['node_modules/sharp'].version).to.equal(
      root.packages['node_modules/sharp'].version,
    );
  });

  it('for arm64 holds no binary of another processor, and the same bundle', function () {
    this.timeout(300_000);
    const { status, stderr } = sam(
      'build',
      '--build-dir',
      'arm64',
      '--parameter-overrides',
      'Architecture=arm64',
    );
    expect(status, stderr).to.equal(0);
    const layer = join(clone, 'arm64/SharpLayer');
    const processors = filesBelow(layer)
      .map((file) => processorOf(join(layer, file)))
      .filter((processor) => processor !== undefined);
    // sharp's own and libvips at least.
    expect(processors.length).to.be.greaterThan(1);
    expect(new Set(processors)).to.deep.equal(new Set(['arm64']));
    expect(filesBelow(join(clone, 'arm64/ImageResizeFunction'))).to.deep.equal(['handler.js']);
  });

  describe('of a bare clone', () => {
    const architecture = ARCHITECTURES[process.arch] ?? 'x86_64';
    let pipeline: PipelineUnderTest;
    let artifacts: string;
    before(async function () {
      this.timeout(300_000);
      const { status, stderr } = sam('build', '--parameter-overrides', `Architecture=${architecture}`);
      expect(status, stderr).to.equal(0);
      // Lambda sees the artifacts alone: beside our package.json they would count as ES modules.
      artifacts = mkdtempSync(join(tmpdir(), 'image-pipeline-artifacts-'));
      cpSync(join(clone, '.aws-sam/build'), artifacts, { recursive: true });
      pipeline = await startPipeline();
    });
    after(async () => {
      await pipeline?.stop();
      if (artifacts) rmSync(artifacts, { recursive: true, force: true });
    });

    for (const sample of [
      'key',
      'key-force',
      'object-created',
      'object-created-detail',
      's3-notification',
      'batch',
    ])
      it(`gives a function that takes events/${sample}.json and makes a thumbnail, with the layer that was built`, async () => {
        const key = sample === 's3-notification' ? 'input/my holiday (1).jpg' : 'input/test.jpg';
        const { originalImagesBucket } = pipeline.addresses;
        await pipeline.uploadAndWait(
          key,
          await paintUpright(Math.ceil(400 + Math.random() * 100), 300)
            .jpeg()
            .toBuffer(),
        );
        await pipeline.loseManifest(key);
        const thumbnail = await pipeline.loseThumbnail(key);
        const event = readFileSync(`events/${sample}.json`, 'utf8').replaceAll(
          'original-images',
          originalImagesBucket,
        );
        const answer = invokeBuilt(artifacts, event, pipeline);
        if (sample === 'batch') expect(answer).to.deep.equal({ resized: 1, unchanged: 1, rejected: [] });
        else expect(answer).to.have.property('status', 'RESIZED');
        expect(await sharp(await pipeline.resized(thumbnail)).metadata()).to.deep.include({
          format: 'jpeg',
          width: 320,
        });
      });
  });
});

/** Runs the built function under this Node, which is Lambda's own version, with nothing but the built layer to require. */
function invokeBuilt(
  build: string,
  event: string,
  { addresses }: PipelineUnderTest,
): Record<string, unknown> {
  const { originalImagesBucket, resizedImagesBucket, s3 } = addresses;
  const script = `require('./handler.js').handler(${event}).then((answer) => console.log(JSON.stringify(answer)))`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    cwd: join(build, 'ImageResizeFunction'),
    encoding: 'utf8',
    env: {
      NODE_PATH: resolve(build, 'SharpLayer/nodejs/node_modules'),
      ORIGINAL_IMAGES_BUCKET: originalImagesBucket,
      RESIZED_IMAGES_BUCKET: resizedImagesBucket,
      AWS_ENDPOINT_URL_S3: s3,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'anybody',
      AWS_SECRET_ACCESS_KEY: 'anything',
    },
  });
  expect(status, stderr).to.equal(0);
  return JSON.parse(stdout);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** What an ELF file is made for, by e_machine in its header; undefined for every other file. */
function processorOf(file: string): string | undefined {
  const header = readFileSync(file).subarray(0, 20);
  if (header.subarray(0, 4).toString('latin1') !== '\x7fELF') return undefined;
  const machine = header.readUInt16LE(18);
  return { 62: 'x86_64', 183: 'arm64' }[machine] ?? `processor ${machine}`;
}

function withoutOurs(path = ''): string {
  return path
    .split(':')
    .filter((folder) => !folder.includes('node_modules'))
    .join(':');
}

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { tiledHeic } from '../unit/image/heic/heic-pictures.ts';
import { Emulator } from './emulator.ts';

/** A Python interpreter with aws-sam-cli; `.ci/run` installs one. */
const { SAM_PYTHON } = process.env;
const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64' };

describe('The SAM build', () => {
  let clone: string;
  const sam = (...args: string[]) =>
    spawnSync(join(dirname(SAM_PYTHON ?? ''), 'sam'), args, {
      cwd: clone,
      encoding: 'utf8',
      // As on a bare machine: without our node_modules/.bin on the PATH.
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

  it('The template passes sam validate --lint', () => {
    const { status, stdout, stderr } = sam('validate', '--lint');
    expect(status, stdout + stderr).to.equal(0);
    expect(stdout).to.match(/is a valid SAM Template/);
  });

  for (const [folder, name] of [
    ['layers/sharp', 'sharp'],
    ['layers/heic', 'libheif-js'],
  ])
    it(`The layer has the version of ${name} that the tests run with`, () => {
      const [layer, root] = [`${folder}/package-lock.json`, 'package-lock.json'].map((file) =>
        JSON.parse(readFileSync(file, 'utf8')),
      );
      expect(layer.packages[`node_modules/${name}`]).to.have.property(
        'version',
        root.packages[`node_modules/${name}`].version,
      );
    });

  it('The SAM build for arm64 contains only arm64 binaries in the layer and only our bundles in the functions', function () {
    this.timeout(600_000);
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
    // At least sharp's own binary and libvips.
    expect(processors.length).to.be.greaterThan(1);
    expect(new Set(processors)).to.deep.equal(new Set(['arm64']));
    expect(filesBelow(join(clone, 'arm64/ImageResizeFunction'))).to.deep.equal([
      'handler.js',
      'image-worker.js',
    ]);
    expect(filesBelow(join(clone, 'arm64/UploadLinkFunction'))).to.deep.equal(['handler.js']);
  });

  for (const architecture of ['arm64', 'x86_64'])
    it(`The SAM build for ${architecture} has libheif as WebAssembly in a layer of its own, with its licence`, function () {
      this.timeout(600_000);
      const words = ['--parameter-overrides', `Architecture=${architecture}`];
      const { status, stderr } = sam('build', 'HeicLayer', '--build-dir', `heic-${architecture}`, ...words);
      expect(status, stderr).to.equal(0);
      const layer = join(clone, `heic-${architecture}/HeicLayer/nodejs/node_modules`);
      const files = filesBelow(layer);
      expect(files.filter((file) => !file.startsWith('libheif-js/'))).to.deep.equal(['.package-lock.json']);
      expect(files).to.include.members([
        'libheif-js/LICENSE',
        'libheif-js/libheif-wasm/LICENSE',
        'libheif-js/libheif-wasm/libheif.js',
        'libheif-js/libheif-wasm/libheif.wasm',
      ]);
      expect(files.filter((file) => processorOf(join(layer, file)) !== undefined)).to.deep.equal([]);
      const bytes = files.reduce((sum, file) => sum + readFileSync(join(layer, file)).length, 0);
      expect(bytes).to.be.below(2_000_000);
    });

  describe("of a bare clone, in Lambda's Runtime Interface Emulator", () => {
    const architecture = ARCHITECTURES[process.arch] ?? 'x86_64';
    let pipeline: PipelineUnderTest;
    let artifacts: string;
    let emulator: Emulator;
    before(async function () {
      this.timeout(600_000);
      const { status, stderr } = sam('build', '--parameter-overrides', `Architecture=${architecture}`);
      expect(status, stderr).to.equal(0);
      // Below our package.json, Node would load the artifacts as ES modules. On Lambda they have no package.json above them.
      artifacts = mkdtempSync(join(tmpdir(), 'image-pipeline-artifacts-'));
      cpSync(join(clone, '.aws-sam/build'), artifacts, { recursive: true });
      // The local pipeline must not delete renditions, so that only the emulator can have deleted them.
      pipeline = await startPipeline({ words: ['--parameter-overrides', 'RemoveWithOriginal=false'] });
      const { originalImagesBucket, resizedImagesBucket, s3 } = pipeline.addresses;
      emulator = await Emulator.start(SAM_PYTHON ?? '', artifacts, {
        ORIGINAL_IMAGES_BUCKET: originalImagesBucket,
        RESIZED_IMAGES_BUCKET: resizedImagesBucket,
        REMOVE_WITH_ORIGINAL: 'true',
        ACCEPT_HEIC: 'true',
        AWS_ENDPOINT_URL_S3: s3,
      });
    });
    after(async () => {
      await emulator?.stop();
      await pipeline?.stop();
      if (artifacts) rmSync(artifacts, { recursive: true, force: true });
    });

    /** Uploads an image, then deletes its manifest and thumbnail: only a run that renders restores them. Returns the thumbnail's key. */
    async function givenImage(key: string): Promise<string> {
      const image = paintUpright(Math.ceil(400 + Math.random() * 100), 300);
      await pipeline.uploadAndWait(key, await image.jpeg().toBuffer());
      await pipeline.loseManifest(key);
      return pipeline.loseThumbnail(key);
    }

    const isImage = async (key: string) => {
      const { format, width } = await sharp(await pipeline.resized(key)).metadata();
      expect({ format, width }).to.deep.equal({ format: 'jpeg', width: 320 });
    };

    it('The SAM build makes a thumbnail with its layer for an odd key in an event of sam local generate-event', async () => {
      const key = 'input/d\u2019or été (1)+2.jpg';
      const thumbnail = await givenImage(key);
      const bucket = pipeline.addresses.originalImagesBucket;
      const { stdout } = sam('local', 'generate-event', 's3', 'put', '--bucket', bucket, '--key', key);
      expect(await emulator.invoke(JSON.parse(stdout))).to.have.property('status', 'RESIZED');
      await isImage(thumbnail);
    });

    it('The SAM build makes a thumbnail of a HEIC with the decoder in its layer', async () => {
      const key = 'input/IMG_0001.HEIC';
      await pipeline.uploadAndWait(key, tiledHeic());
      await pipeline.loseManifest(key);
      await pipeline.loseThumbnail(key);
      const { status, source, renditions } = await emulator.invoke({ key, force: true });
      expect({ status, source }).to.deep.include({ status: 'RESIZED' });
      expect(renditions).to.have.length(RENDITIONS.length);
    });

    const samples = globSync('events/*.json').filter((file) => file !== 'events/env.json');
    const documented = new Map(
      [
        ...readFileSync('docs/operate.md', 'utf8').matchAll(/^\| `(events\/[\w-]+\.json)` .*\| `(.+)` \|$/gm),
      ].map(([, file, answer]) => [file, answer ?? '']),
    );
    it('docs/operate.md documents an answer for every file in events/ and for no other file', () => {
      expect([...documented.keys()]).to.have.members(samples);
    });

    it('The SAM build of UploadLinkFunction answers events/upload-link.json with a link, without its layer', async () => {
      expect(documented.get('events/upload-link.json')).to.equal('{"statusCode": 200}');
      const { originalImagesBucket } = pipeline.addresses;
      const links = await Emulator.start(
        SAM_PYTHON ?? '',
        artifacts,
        { ORIGINAL_IMAGES_BUCKET: originalImagesBucket },
        'UploadLinkFunction',
      );
      try {
        const event = JSON.parse(readFileSync('events/upload-link.json', 'utf8'));
        const { statusCode, body } = await links.invoke(event);
        expect(statusCode).to.equal(200);
        expect(JSON.parse(String(body)).url).to.equal(
          `https://${originalImagesBucket}.s3.us-east-1.amazonaws.com/`,
        );
      } finally {
        await links.stop();
      }
    });

    for (const [file = '', answer] of [...documented].filter(([name]) => !name?.includes('upload-link')))
      it(`The SAM build answers ${file} with ${answer} and writes one log line for each image`, async () => {
        const key = file.includes('s3-notification') ? 'input/my holiday (1).jpg' : 'input/test.jpg';
        const thumbnail = await givenImage(key);
        if (answer.includes('REMOVED')) await pipeline.remove(key);
        const { originalImagesBucket } = pipeline.addresses;
        const event = readFileSync(file, 'utf8').replaceAll('original-images', originalImagesBucket);
        emulator.written.length = 0;
        expect(await emulator.invoke(JSON.parse(event))).to.deep.include(JSON.parse(answer));
        if (answer.includes('REMOVED')) expect(await pipeline.outputs('output/test.jpg/')).to.deep.equal([]);
        else await isImage(thumbnail);
        const lines = emulator.written.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
        expect(lines.map((line) => line.key)).to.deep.equal(file.includes('batch') ? [key, 'input/'] : [key]);
        const { execution, BatchInput } = JSON.parse(event);
        for (const line of lines) expect(line.execution).to.equal(execution ?? BatchInput?.execution);
      });

    it('The SAM build answers an invalid request with the name of our own error as errorType', async () => {
      const { errorType, errorMessage } = await emulator.invoke({ colour: 'red' });
      expect(errorType).to.equal('InvalidRequestError');
      expect(errorMessage).to.match(/received the fields colour/);
    });
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** The processor of an ELF file, from e_machine in its header; undefined for every other file. */
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

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { RUNTIME_FLAGS } from 'aws-on-one-machine';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { madeLine } from '../support/made-line.ts';
import { PipelineUnderTest, until } from '../support/pipeline.ts';
import { type Addresses, readAddresses, spawnStart } from '../support/start-command.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The command that `npm start` prints, which goes on in the next line after a backslash. */
const CURL = /^ +curl (?:.*\\\n)+.*\n/m;

/** Runs `npm start` until it has printed every awaited pattern and every awaited condition is true. @returns its output. */
async function start(
  data: string,
  words: readonly string[],
  ...awaited: readonly (RegExp | ((printed: string) => boolean))[]
): Promise<string> {
  const child = spawnStart(data, { words });
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  const isMet = (one: RegExp | ((text: string) => boolean)) =>
    one instanceof RegExp ? one.test(printed) : one(printed);
  while (child.exitCode === null && !awaited.every(isMet)) await sleep(20);
  child.kill('SIGTERM');
  await exited;
  return printed;
}

describeLocally('npm start', 'it is the local runtime itself', () => {
  let data: string;
  // Inside the checkout, like the default data folder: there our package.json must not make Node load the bundle as ESM.
  before(() => {
    mkdirSync('.local', { recursive: true });
    data = mkdtempSync('.local/test-');
  });
  after(() => rmSync(data, { recursive: true, force: true }));
  const functionLog = () => {
    const file = join(data, 'functions/ImageResizeFunction/function.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };

  it('npm start with no file and empty storage processes a sample photograph, and prints what was made of it and where it is', async () => {
    // The function logs after it has written the manifest, and a stop kills the function at once.
    const printed = await start(data, [], /Look at them in/, () => functionLog() !== '');
    expect(printed).to.match(/API +http:\/\/127\.0\.0\.1:\d+\/prod\/process-image/);
    expect(printed).to.match(/images +http:\/\/127\.0\.0\.1:\d+\n/);
    expect(printed).to.match(/uploads +http:\/\/127\.0\.0\.1:\d+\/prod\/uploads/);
    expect(printed).to.match(/example page +http:\/\/127\.0\.0\.1:\d+\/page\//);
    expect(printed).to.match(/S3 +http:\/\/127\.0\.0\.1:\d+/);
    expect(printed).to.match(
      madeLine(String.raw`input/dandelion\.jpg`, String.raw`, \d+ kB from 1\.5 MB \(\d+\.\d s\)$`),
    );
    expect(printed).to.contain(join(data, 's3/local-resizedimagesbucket/output'));
    expect(printed).to.match(/Not run here: .*CloudWatch Alarm \(\d+\), CloudWatch Dashboard/);
  });

  it("npm start writes a function log whose line contains the manifest's execution name", () => {
    const [line, ...others] = functionLog()
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    const folder = join(data, 's3/local-resizedimagesbucket/output/dandelion.jpg');
    const { execution } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    expect(execution).to.be.a('string');
    expect(line).to.include({ key: 'input/dandelion.jpg', status: 'RESIZED', execution });
    expect(others).to.deep.equal([]);
  });

  it('npm start with files and folders prints a line for each file and a summary, and each rendition with --verbose', async () => {
    const folder = temporaryFolder('photos');
    const picture = join(folder, "d'or été.png");
    writeFileSync(picture, await paintUpright(64, 48).png().toBuffer());
    mkdirSync(join(folder, 'album'));
    copyFileSync(picture, join(folder, 'album', 'copy.png'));
    writeFileSync(join(folder, 'album', 'note.txt'), 'This is no image.');
    symlinkSync('/nowhere/cat.jpg', join(folder, 'album', 'lost.jpg'));
    symlinkSync('round.jpg', join(folder, 'album', 'round.jpg'));
    symlinkSync('.', join(folder, 'album', 'itself'));
    const words = [picture, join(folder, 'album')];
    const printed = await start(data, words, /Look at them in/);
    for (const line of [
      madeLine(String.raw`input/d'or été\.png`, String.raw`, \d+ kB from 1 kB \(\d+\.\d s\)$`),
      madeLine(String.raw`input/album/copy\.png`, ', '),
      /^input\/album\/note\.txt {2}refused: UnsupportedImageError: Expected JPEG.* \(\d+\.\d s\)$/m,
      /album\/lost\.jpg {2}not uploaded: it is gone, or a symbolic link that leads nowhere$/m,
      /album\/round\.jpg {2}not uploaded: it is a symbolic link that leads back to itself$/m,
      /^6 files in \d+\.\d s: 2 made, 1 refused, 3 not uploaded\.$/m,
      /^1 refused \(UnsupportedImageError\): input\/album\/note\.txt\.$/m,
    ])
      expect(printed).to.match(line);
    expect(printed).to.contain(
      'album/itself  not uploaded: it is a symbolic link to a folder that it is in\n',
    );
    expect(printed).not.to.contain('thumbnail.jpg');
    expect(await start(data, ['--verbose', ...words], /Look at them in/))
      .to.contain("  output/d'or été.png/thumbnail.jpg  64 × 48  1 kB")
      .and.contain('  output/album/copy.png/thumbnail.jpg');
  });

  it('npm start reports a file that cannot be stored and uploads the other files', async () => {
    const folder = temporaryFolder('photos');
    // Longer than the 1,024 bytes of an object key.
    const deep = join(folder, ...Array.from({ length: 5 }, () => 'x'.repeat(250)));
    mkdirSync(deep, { recursive: true });
    for (const inside of [folder, deep])
      writeFileSync(join(inside, 'picture.png'), await paintUpright(64, 48).png().toBuffer());
    const printed = await start(data, [folder], /Look at them in/);
    expect(printed).to.match(/x\/picture\.png {2}not uploaded: KeyTooLongError: /);
    expect(printed).to.match(madeLine(String.raw`input/photos-\w+/picture\.png`));
  });

  /** Runs `npm start -- --json` until `use` is done. @returns all of standard output. */
  async function startJson(words: readonly string[], use: (addresses: Addresses) => Promise<void>) {
    const child = spawnStart(data, { words: ['--json', ...words] });
    const exited = once(child, 'close');
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    await use(await readAddresses(child)).finally(() => child.kill('SIGTERM'));
    await exited;
    return printed;
  }

  /** The origin whose pages may call the API, according to the answer to a preflight. */
  async function originAllowedBy({ uploads, api }: Addresses): Promise<string | null> {
    const { headers } = await fetch(uploads ?? `${api}/process-image`, { method: 'OPTIONS' });
    return headers.get('access-control-allow-origin');
  }

  for (const flag of ['-h', '--help'])
    it(`npm start -- ${flag} explains every option with its default and starts nothing`, () => {
      const { stdout, status } = spawnSync(process.execPath, ['local/start.ts', flag], { encoding: 'utf8' });
      expect(status).to.equal(0);
      for (const option of [...Object.keys(RUNTIME_FLAGS), 'json', 'help'])
        expect(stdout).to.match(new RegExp(`^ +(-h, )?--${option}\\b`, 'm'));
      for (const [option, { type, ...more }] of Object.entries(RUNTIME_FLAGS))
        if ('default' in more) expect(stdout, `${option}, a ${type}`).to.include(`(${more.default})`);
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).to.be.at.most(100);
    });

  for (const ApiAuth of ['NONE', 'API_KEY', 'AWS_IAM'])
    it(`The curl command that npm start prints works as it is printed with ApiAuth=${ApiAuth}`, async function () {
      if (spawnSync('curl', ['--version']).status !== 0) return this.skip();
      let answer = '';
      const call = (printed: string) => {
        const [command = ''] = CURL.exec(printed) ?? [];
        answer = spawnSync('bash', ['-c', command], { encoding: 'utf8' }).stdout;
        return true;
      };
      await start(data, ['--parameter-overrides', `ApiAuth=${ApiAuth}`], CURL, call);
      expect(answer).to.match(/"executionArn":/);
    });

  it('npm start prints a line for each upload, refusal, removal and bulk run that others cause', async () => {
    // Not `data`: the bulk run that a printed command has begun may still be there, and refuses another one.
    const child = spawnStart(temporaryFolder('lines'), { words: ['--json'] });
    const exited = once(child, 'close');
    let printed = '';
    child.stderr.on('data', (chunk) => {
      printed += chunk;
    });
    const pipeline = new PipelineUnderTest(await readAddresses(child), child);
    try {
      await pipeline.uploadAndWait('input/lines/a.png', await paintUpright(64, 48).png().toBuffer());
      await pipeline.uploadAndWait('input/lines/b.jpg', 'This is no image.');
      await pipeline.remove('input/lines/a.png');
      await pipeline.process({ prefix: 'input/lines/' });
      for (const line of [
        madeLine(String.raw`input/lines/a\.png`, String.raw`, \d+ kB \(\d+\.\d s\)$`),
        /^input\/lines\/b\.jpg {2}refused: UnsupportedImageError: Expected JPEG.* \(\d+\.\d s, execution \S+\)$/m,
        /^input\/lines\/a\.png {2}removed \(\d+\.\d s\)$/m,
        /^run \S+ {2}0 made, 0 unchanged, 1 refused \(UnsupportedImageError\), 0 not processed \(\d+\.\d s\)$/m,
      ])
        await until(
          async () => line.test(printed),
          () => `the line ${line} in:\n${printed}`,
          10_000,
        );
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  });

  it('npm start -- --json prints one line with the addresses, and lets pages of its own origin call the API', async () => {
    const printed = await startJson([], async (addresses) => {
      const { origin } = new URL(addresses.api);
      expect(addresses).to.include({ uploads: `${origin}/prod/uploads`, page: `${origin}/page/` });
      expect(addresses.images).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await originAllowedBy(addresses)).to.equal(origin);
      for (const path of ['/page/', '/client/index.js'])
        expect((await fetch(origin + path)).status, path).to.equal(200);
    });
    expect(printed).to.match(/^\{"api":.*\}\n$/);
  });

  it('npm start takes parameters from --parameter-overrides before its own defaults', async () => {
    const overrides = ['BrowserUploads=false', 'CorsOrigin=https://www.example.com', 'Delivery=NONE'];
    await startJson(['--parameter-overrides', ...overrides], async (addresses) => {
      expect(addresses).to.not.have.any.keys('images', 'uploads', 'page');
      expect(await originAllowedBy(addresses)).to.equal('https://www.example.com');
    });
  });

  it('npm start names a key outside input/ once, and hands the files of a second npm start to the pipeline that runs', async () => {
    const folder = temporaryFolder('photos');
    writeFileSync(join(folder, 'second.png'), await paintUpright(64, 48).png().toBuffer());
    const child = spawnStart(data, { words: ['--json'] });
    const exited = once(child, 'close');
    let printed = '';
    child.stderr.on('data', (chunk) => (printed += chunk));
    const pipeline = new PipelineUnderTest(await readAddresses(child), child);
    try {
      for (let upload = 0; upload < 2; upload += 1) await pipeline.upload('2026/stray.jpg', 'x');
      const second = spawnSync(
        process.execPath,
        ['local/start.ts', '--data', data, join(folder, 'second.png')],
        { encoding: 'utf8' },
      );
      expect(second.stdout).to.match(
        /^The pipeline at http:\/\/127\.0\.0\.1:\d+ runs already, and gets the files\.\n.*\n$/,
      );
      expect(second.stdout).to.match(madeLine(String.raw`input/second\.png`));
      expect(second.status, second.stderr).to.equal(0);
      await until(
        async () => madeLine(String.raw`input/second\.png`).test(printed),
        'the line of the first one',
      );
      expect(printed.match(/^2026\/stray\.jpg {2}.*$/gm)).to.deep.equal([
        '2026/stray.jpg  not processed: it is outside input/. Upload it as input/2026/stray.jpg',
      ]);
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  });

  it('npm start reports what somebody else uploads under a key that it could not store itself', async () => {
    const file = join(temporaryFolder('photos'), 'large.png');
    writeFileSync(file, '');
    // Without a byte on the disk, but more than S3 takes in one piece.
    truncateSync(file, 5 * 1024 ** 3 + 1);
    const child = spawnStart(data, { words: ['--json', file] });
    const exited = once(child, 'close');
    let printed = '';
    child.stderr.on('data', (chunk) => (printed += chunk));
    const pipeline = new PipelineUnderTest(await readAddresses(child), child);
    const line = (pattern: RegExp) =>
      until(
        async () => pattern.test(printed),
        () => printed,
        20_000,
      );
    try {
      await line(/large\.png {2}not uploaded: /);
      await pipeline.upload('input/large.png', await paintUpright(64, 48).png().toBuffer());
      await line(madeLine(String.raw`input/large\.png`));
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  });

  it('npm start says in one line which data folder it cannot write into', async () => {
    const file = join(temporaryFolder('file'), 'data');
    writeFileSync(file, '');
    expect(await start(file, [], /never/)).to.match(
      /^Expected a data folder to write into but received \S+data: EEXIST: .*\. Choose another folder with --data\.\n$/,
    );
  });

  /** Runs `npm start` on a terminal of so many columns until it prints a text, and then presses Ctrl-C. */
  async function startOnTerminal(
    columns: number,
    words: readonly string[],
    awaited: string,
  ): Promise<string> {
    const flags = ['--port', '0', '--s3-port', '0', '--cloudfront-port', '0', '--data', data];
    const command = [process.execPath, 'local/start.ts', ...flags, ...words].join(' ');
    const child = spawn('script', ['-qec', `stty cols ${columns}; exec ${command}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'close');
    let printed = '';
    child.stdout.on('data', (chunk) => (printed += chunk));
    await until(
      async () => printed.includes(awaited),
      () => printed,
      60_000,
    );
    child.stdin.write('\u0003');
    await exited;
    return printed;
  }

  for (const columns of [80, 120])
    it(`npm start prints no line that a terminal of ${columns} columns breaks, and Ctrl-C says what is left`, async function () {
      if (spawnSync('script', ['--version']).status !== 0) return this.skip();
      const folder = temporaryFolder('photos');
      const picture = await paintUpright(640, 480).png().toBuffer();
      for (let number = 0; number < 40; number += 1) writeFileSync(join(folder, `${number}.png`), picture);
      writeFileSync(join(folder, 'a.txt'), 'This is no image.');
      const printed = await startOnTerminal(columns, [folder], ' made');
      expect(printed).to.match(/\[[=-]+\] \d+ of 41: \d+ made/);
      expect(printed).to.match(/^\d+ not begun: \S+\/photos-\w+\/\d+\.png,/m);
      expect(printed).to.match(/^To go on, run the same command again\.\r$/m);
      // The bar and what removes it begin again at the first column.
      const lines = stripVTControlCharacters(printed.replaceAll('\u001b[1G', '\r\n')).split(/[\r\n]+/);
      for (const line of lines) expect(line.length, line).to.be.at.most(columns);
    });

  it('npm start names a file that does not exist', async () => {
    expect(await start(data, ['nobody.jpg'], /never/)).to.contain('there is no nobody.jpg');
  });

  it('npm start names an unknown parameter, and the allowed values of a parameter that has another value', async () => {
    const printed = await start(data, ['--parameter-overrides', 'ApiAuth=EVERYBODY', 'Nonsense=1'], /never/);
    expect(printed).to.match(/AWS_IAM, API_KEY, NONE for parameter ApiAuth, found "EVERYBODY"/);
    expect(printed).to.match(/found Nonsense/);
  });
});

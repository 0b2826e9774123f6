import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { copyCheckout, until } from '../support/pipeline.ts';
import { type Runtime, startRuntime } from '../support/runtime-process.ts';

describe('While the pipeline runs', () => {
  let checkout: string;
  let data: string;
  let runtime: Runtime;
  let said = '';

  /** Edits a file of the running checkout; gives what the runtime says to it. */
  async function edit(file: string, change: (text: string) => string): Promise<string> {
    said = '';
    const path = join(checkout, file);
    writeFileSync(path, change(existsSync(path) ? readFileSync(path, 'utf8') : ''));
    return until(
      async () => (/Read .* again|keeps serving/.test(said) ? said : undefined),
      () => `a word about ${file}, after: ${said}`,
    );
  }

  async function thumbnailOf(key: string): Promise<unknown> {
    const picture = await paintUpright(400, 300).png().toBuffer();
    const { renditions } = await runtime.pipeline.uploadAndWait(key, picture);
    return renditions.find(({ name }) => name === 'thumbnail')?.width;
  }

  before(async () => {
    checkout = copyCheckout('README.md', (text) => `${text}\n`);
    data = mkdtempSync(join(tmpdir(), 'runtime-watch-'));
    runtime = await startRuntime(data, {
      checkout,
      listen: (text) => {
        said += text;
      },
    });
    expect(await thumbnailOf('input/before.png')).to.equal(320);
  });
  after(async () => {
    await runtime.killGroup();
    rmSync(checkout, { recursive: true });
    rmSync(data, { recursive: true });
  });

  it("a change of the function's source is what makes the next image", async () => {
    const table = 'functions/image-resize/renditions.ts';
    await edit(table, (text) => text.replace('width: 320', 'width: 200'));
    expect(await thumbnailOf('input/after.png')).to.equal(200);
    expect(await runtime.pipeline.manifest('input/before.png')).to.have.property('status', 'RESIZED');
  });

  it('a change of a state machine is what the next execution does', async () => {
    const file = 'statemachine/resize-image.asl.json';
    const before = '"Type": "Succeed"';
    await edit(file, (text) => text.replace(before, '"Type": "Fail", "Error": "Edited"'));
    const execution = await runtime.pipeline.process({ key: 'input/before.png' });
    expect(execution).to.include({ status: 'FAILED', error: 'Edited' });
    await edit(file, (text) => text.replace('"Type": "Fail", "Error": "Edited"', before));
    expect(await runtime.pipeline.process({ key: 'input/before.png' })).to.include({ status: 'SUCCEEDED' });
  });

  it('a bucket that sends no events any more has its uploads lie as they are', async () => {
    const picture = await paintUpright(40, 30).png().toBuffer();
    const [on, off] = ['EventBridgeEnabled: true', 'EventBridgeEnabled: false'];
    await edit('template.yaml', (text) => text.replaceAll(on, off));
    await runtime.pipeline.upload('input/unseen.png', picture);
    await edit('template.yaml', (text) => text.replaceAll(off, on));
    await runtime.pipeline.uploadAndWait('input/seen.png', picture);
    expect(await runtime.pipeline.manifest('input/unseen.png')).to.equal(undefined);
  });

  it('a file that was missing is read as soon as it is there', async () => {
    const importing = "import './added.ts';\n";
    const handler = 'functions/image-resize/handler.ts';
    expect(await edit(handler, (text) => importing + text)).to.contain('keeps serving');
    expect(await edit('functions/image-resize/added.ts', () => 'export {};\n')).to.contain('again');
    await edit(handler, (text) => text.replace(importing, ''));
  });

  it('a mistake in a file that the last good version does not have is corrected there', async () => {
    const moved = (text: string) => text.replaceAll('statemachine/resize-upload', 'moved/resize-upload');
    const machine = readFileSync(join(checkout, 'statemachine/resize-upload.asl.json'), 'utf8');
    expect(await edit('template.yaml', moved)).to.contain('keeps serving');
    mkdirSync(join(checkout, 'moved'));
    expect(await edit('moved/resize-upload.asl.json', () => `${machine},`)).to.contain('expected JSON');
    expect(await edit('moved/resize-upload.asl.json', () => machine)).to.contain('again');
    await edit('template.yaml', (text) => text.replaceAll('moved/', 'statemachine/'));

    const importing = "import '../added/data.json';\n";
    const handler = 'functions/image-resize/handler.ts';
    expect(await edit(handler, (text) => importing + text)).to.contain('keeps serving');
    mkdirSync(join(checkout, 'functions/added'));
    expect(await edit('functions/added/data.json', () => '{')).to.contain('data.json:1');
    expect(await edit('functions/added/data.json', () => '{}')).to.contain('again');
    await edit(handler, (text) => text.replace(importing, ''));
  });

  it('a folder that is replaced is looked at as the old one was', async () => {
    const folder = join(checkout, 'statemachine');
    said = '';
    renameSync(folder, `${folder}-old`);
    cpSync(`${folder}-old`, folder, { recursive: true });
    await until(async () => (/again/.test(said) ? said : undefined), 'a word about the new folder');
    const file = 'statemachine/resize-image.asl.json';
    expect(await edit(file, (text) => `${text},`)).to.contain('keeps serving');
    expect(await edit(file, (text) => text.replace(/,$/, ''))).to.contain('again');
  });

  it('a mistake in one function keeps the other as it was', async () => {
    const bundle = () => readFileSync(join(data, 'functions/ImageResizeFunction/handler.js'), 'utf8');
    const before = bundle();
    const template = readFileSync(join(checkout, 'template.yaml'), 'utf8');
    const other = template
      .slice(template.indexOf('  ImageResizeFunction:\n'), template.indexOf('  ImageResizeFunctionRole:\n'))
      .replace('  ImageResizeFunction:', '  OtherFunction:')
      .replace('functions/image-resize/handler.ts', 'functions/image-resize/other.ts');
    const withOther = template.replace('\nOutputs:', `\n${other}\nOutputs:`);
    const table = 'functions/image-resize/renditions.ts';
    writeFileSync(join(checkout, 'functions/image-resize/other.ts'), '}');
    expect(await edit('template.yaml', () => withOther))
      .to.contain('other.ts:1')
      .and.contain('keeps serving');
    expect(await edit(table, (text) => text.replace('width: 200', 'width: 220'))).to.contain('other.ts:1');
    expect(bundle()).to.equal(before);
    await edit('template.yaml', () => template);
    expect(bundle()).to.not.equal(before);
    await edit(table, (text) => text.replace('width: 220', 'width: 200'));
  });

  it('a mistake in a state machine keeps the function as it was, too', async () => {
    const bundle = () => readFileSync(join(data, 'functions/ImageResizeFunction/handler.js'), 'utf8');
    const before = bundle();
    const machine = 'statemachine/resize-upload.asl.json';
    const table = 'functions/image-resize/renditions.ts';
    const [right, wrong] = ['"Next": "WasImageResized"', '"Next": "Nowhere"'];
    await edit(machine, (text) => text.replace(right, wrong));
    await edit(table, (text) => text.replace('width: 200', 'width: 240'));
    expect(bundle()).to.equal(before);
    await edit(machine, (text) => text.replace(wrong, right));
    expect(bundle()).to.not.equal(before);
  });

  const mistakes: readonly [string, string, string, RegExp][] = [
    ['template.yaml', 'Runtime: nodejs24.x', 'Runtime: nodejs4.x', /template\.yaml:\d+: .*nodejs24\.x/],
    ['template.yaml', '\nOutputs:', '\n  Oops: {\nOutputs:', /template\.yaml:\d+/],
    [
      'statemachine/resize-upload.asl.json',
      '"States": {',
      '"States": {,',
      /resize-upload\.asl\.json:\d+: expected JSON/,
    ],
    [
      'statemachine/resize-upload.asl.json',
      '"Next": "WasImageResized"',
      '"Next": "Nowhere"',
      /statemachine\/resize-upload\.asl\.json:\d+: States\.ResizeImage: leads to "Nowhere"/,
    ],
    [
      'functions/image-resize/handler.ts',
      'export async function handler',
      'export async function (',
      /handler\.ts:\d+:\d+: ERROR/,
    ],
  ];
  for (const [file, text, mistake, message] of mistakes)
    it(`the mistake ${JSON.stringify(mistake)} in ${file} is told with its place, and the last good version keeps serving`, async () => {
      const told = await edit(file, (content) => content.replace(text, () => mistake));
      expect(told).to.match(message).and.contain('The last good version keeps serving.');
      expect(await thumbnailOf(`input/${crypto.randomUUID()}.png`)).to.be.a('number');
      expect(await edit(file, (content) => content.replace(mistake, () => text))).to.contain('again');
    });
});

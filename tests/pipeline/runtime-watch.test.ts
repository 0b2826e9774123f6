import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { paintUpright } from '../support/images.ts';
import { until } from '../support/pipeline.ts';
import { type Runtime, startRuntime } from '../support/runtime-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('The running pipeline', () => {
  const data = temporaryFolder('runtime-watch');
  let checkout: string;
  let runtime: Runtime;

  /** Edits a file of the running checkout. @returns what the runtime prints about the change. */
  async function edit(file: string, change: (text: string) => string): Promise<string> {
    runtime.clearPrinted();
    const path = join(checkout, file);
    writeFileSync(path, change(existsSync(path) ? readFileSync(path, 'utf8') : ''));
    return until(
      async () => /Read .* again|keeps serving/.test(runtime.printed()) && runtime.printed(),
      () => `a message about ${file}, after: ${runtime.printed()}`,
    );
  }

  async function thumbnailOf(key: string): Promise<unknown> {
    const picture = await paintUpright(400, 300).png().toBuffer();
    const { renditions } = await runtime.pipeline.uploadAndWait(key, picture);
    return renditions.find(({ name }) => name === 'thumbnail')?.width;
  }

  before(async () => {
    checkout = copyCheckout();
    runtime = await startRuntime(data, { checkout });
    expect(await thumbnailOf('input/before.png')).to.equal(320);
  });
  after(() => runtime.killGroup());

  it("The running pipeline resizes the next image with the function's changed source", async () => {
    const table = 'functions/image-resize/renditions.ts';
    await edit(table, (text) => text.replace('width: 320', 'width: 200'));
    expect(await thumbnailOf('input/after.png')).to.equal(200);
    expect(await runtime.pipeline.manifest('input/before.png')).to.have.property('status', 'RESIZED');
  });

  it('The running pipeline serves the studio after it has bundled a function again', async () => {
    const page = `${runtime.pipeline.addresses.states}/studio/main.js`;
    expect(await fetch(page)).to.have.property('status', 200);
    await edit('functions/image-resize/handler.ts', (text) => `${text}\n`);
    expect(await fetch(page)).to.have.property('status', 200);
  });

  it('The running pipeline runs the next execution with the changed state machine', async () => {
    const file = 'statemachine/resize-image.asl.json';
    const before = '"Type": "Succeed"';
    await edit(file, (text) => text.replace(before, '"Type": "Fail", "Error": "Edited"'));
    const execution = await runtime.pipeline.process({ key: 'input/before.png' });
    expect(execution).to.include({ status: 'FAILED', error: 'Edited' });
    await edit(file, (text) => text.replace('"Type": "Fail", "Error": "Edited"', before));
    expect(await runtime.pipeline.process({ key: 'input/before.png' })).to.include({ status: 'SUCCEEDED' });
  });

  it('The running pipeline does not process uploads while the changed template has EventBridge turned off for the bucket', async () => {
    const picture = await paintUpright(40, 30).png().toBuffer();
    const [on, off] = ['EventBridgeEnabled: true', 'EventBridgeEnabled: false'];
    await edit('template.yaml', (text) => text.replaceAll(on, off));
    await runtime.pipeline.upload('input/unseen.png', picture);
    await edit('template.yaml', (text) => text.replaceAll(off, on));
    await runtime.pipeline.uploadAndWait('input/seen.png', picture);
    expect(await runtime.pipeline.manifest('input/unseen.png')).to.equal(undefined);
  });

  it('The running pipeline reads a missing source file as soon as the file is created', async () => {
    const importing = "import './added.ts';\n";
    const handler = 'functions/image-resize/handler.ts';
    expect(await edit(handler, (text) => importing + text)).to.contain('keeps serving');
    expect(await edit('functions/image-resize/added.ts', () => 'export {};\n')).to.contain('again');
    await edit(handler, (text) => text.replace(importing, ''));
  });

  it('The running pipeline reads the correction of a file that only the latest, broken version uses', async () => {
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

  it('The running pipeline watches a folder that replaces another folder of the same name', async () => {
    const folder = join(checkout, 'statemachine');
    runtime.clearPrinted();
    renameSync(folder, `${folder}-old`);
    cpSync(`${folder}-old`, folder, { recursive: true });
    await until(async () => /again/.test(runtime.printed()), 'a message about the new folder');
    const file = 'statemachine/resize-image.asl.json';
    expect(await edit(file, (text) => `${text},`)).to.contain('keeps serving');
    expect(await edit(file, (text) => text.replace(/,$/, ''))).to.contain('again');
  });

  it('The running pipeline keeps the bundle of one function unchanged while another function has a mistake', async () => {
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

  it('The running pipeline keeps the bundle of the function unchanged while a state machine has a mistake', async () => {
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
    [
      'functions/image-resize/renditions.ts',
      "name: 'small', width: 640",
      "name: 'small', width: '640'",
      /^functions\/image-resize\/renditions\.ts:\d+: input\/: row 2 \(small\): .* for width but received "640"/,
    ],
    [
      'functions/image-resize/renditions.ts',
      "'input/': RENDITIONS",
      "'input/': RENDITIONS, 'input/avatars': RENDITIONS",
      /^functions\/image-resize\/renditions\.ts:\d+: input\/avatars: Expected a folder/,
    ],
  ];
  for (const [file, text, mistake, message] of mistakes)
    it(`The mistake ${JSON.stringify(mistake)} in ${file} is reported with its line, and the last good version keeps serving`, async () => {
      const printed = await edit(file, (content) => content.replace(text, () => mistake));
      expect(printed).to.match(message).and.contain('The last good version keeps serving.');
      expect(await thumbnailOf(`input/${crypto.randomUUID()}.png`)).to.be.a('number');
      expect(await edit(file, (content) => content.replace(mistake, () => text))).to.contain('again');
    });

  const rowsWithMistakes: readonly [string, RegExp][] = [
    ["{ name: 'Big', width: 8, format: 'png' }", /for name but received "Big"/],
    ["{ name: 'a', widht: 8, format: 'png' }", /for an option but received "widht"/],
    ["{ name: 'b', width: 8 }", /for format but received undefined/],
    ["{ name: 'c', width: 9000, format: 'png' }", /for width but received 9000/],
    ["{ name: 'd', width: 8, height: 8, fit: 'crop', format: 'png' }", /for fit but received "crop"/],
    [
      "{ name: 'e', width: 8, format: 'jpeg', quality: 'lossless' }",
      /a quality from 1 to 100 or auto for format jpeg/,
    ],
    ["{ name: 'f', width: 8, format: 'webp', effort: 7 }", /an effort from 0 to 6 for format webp/],
    ["{ name: 'g', width: 8, format: 'avif', animated: true }", /for format of an animated row/],
    ["{ name: 'h', width: 8, format: 'jpeg', background: 'white' }", /for background but received "white"/],
    ["{ name: 'b', width: 8, format: 'png' }", /a name of its own/],
  ];
  it('Ten mistakes in a recipe are reported together, each with its line, and the last good version keeps serving', async () => {
    const file = 'functions/image-resize/renditions.ts';
    const before = readFileSync(join(checkout, file), 'utf8');
    const rows = rowsWithMistakes.map(([row]) => `    ${row},`);
    const folder = ["  'input/odd/': [", ...rows, '  ],'].join('\n');
    const after = before.replace("  'input/': RENDITIONS,", (line) => `${line}\n${folder}`);
    const printed = (await edit(file, () => after)).split('\n');
    const first = after.slice(0, after.indexOf(folder)).split('\n').length + 1;
    for (const [index, [row, message]] of rowsWithMistakes.entries()) {
      const start = `${file}:${first + index}: input/odd/: row ${index + 1} (`;
      const told = printed.filter((line) => line.startsWith(start) && message.test(line));
      expect(told, `${row} in ${printed.join('\n')}`).to.have.length(1);
    }
    expect(await thumbnailOf('input/odd/cat.png')).to.be.a('number');
    expect(await edit(file, () => before)).to.contain('again');
  });
});

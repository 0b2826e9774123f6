import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { paintUpright } from '../unit/image/images.ts';
import { copyCheckout, until } from './pipeline.ts';
import { type Runtime, startRuntime } from './runtime-process.ts';

describe('While the pipeline runs', () => {
  let checkout: string;
  let data: string;
  let runtime: Runtime;
  let said = '';

  /** Edits a file of the running checkout; gives what the runtime says to it. */
  async function edit(file: string, change: (text: string) => string): Promise<string> {
    said = '';
    const path = join(checkout, file);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    return until(
      async () => (/Read .* again|keeps serving/.test(said) ? said : undefined),
      `a word about ${file}, after: ${said}`,
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

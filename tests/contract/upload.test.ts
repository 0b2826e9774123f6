import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { madeLine } from '../support/made-line.ts';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { runScript } from '../support/run-script.ts';
import { checkSignatures, type SignatureCheck } from '../support/signature-check.ts';
import { type StubbedCloudFormation, serveStack } from '../support/stubbed-cloudformation.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A server that answers every request with an error. */
async function serveError(status: number, body: string): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, server };
}

describe('npm run upload -- PATHS --stack NAME', () => {
  let pipeline: PipelineUnderTest;
  let s3: SignatureCheck;
  let cloudFormation: StubbedCloudFormation;
  let folder: string;
  before(async () => {
    pipeline = await startPipeline({ words: ['--parameter-overrides', 'ApiAuth=AWS_IAM'] });
    s3 = await checkSignatures(pipeline.addresses.s3, 'anything');
    cloudFormation = await serveStack(pipeline, { ApiAuth: 'AWS_IAM' });
    folder = join(temporaryFolder('photos'), 'photos');
    mkdirSync(join(folder, 'été'), { recursive: true });
    writeFileSync(join(folder, 'a.png'), await paintUpright(64, 48).png().toBuffer());
    writeFileSync(join(folder, 'été', "b'(1) +.png"), await paintUpright(90, 60).png().toBuffer());
    writeFileSync(join(folder, 'note.txt'), 'This is no image.');
    symlinkSync('/nowhere', join(folder, 'lost.jpg'));
  });
  after(async () => {
    cloudFormation?.stop();
    s3?.stop();
    await pipeline?.stop();
  });

  const upload = (...words: string[]) =>
    runScript('upload', ['--stack', 'photos-stack', ...words], {
      ...cloudFormation.environment,
      AWS_ENDPOINT_URL_S3: s3.url,
    });

  it('finds the buckets by the name of the stack, signs as AWS checks it, and says what was made of each file', async () => {
    const { code, printed, lines } = await upload(folder, '--prefix', '2026');
    for (const line of [
      madeLine(String.raw`input/2026/photos/a\.png`, String.raw`, \d+ kB from 1 kB \(\d+\.\d s\)$`),
      madeLine(String.raw`input/2026/photos/été/b'\(1\) \+\.png`, ', '),
      /^input\/2026\/photos\/note\.txt {2}refused: UnsupportedImageError: Expected JPEG/m,
      /^\S+\/photos\/lost\.jpg {2}not uploaded: it is gone, or a symbolic link that leads nowhere$/m,
      /^4 files in \d+\.\d s: 2 made, 1 refused, 1 not uploaded\.$/m,
    ])
      expect(printed).to.match(line);
    expect(lines.at(-1)).to.equal('1 refused (UnsupportedImageError): input/2026/photos/note.txt.');
    expect(code).to.equal(1);
    expect(s3.services).to.include('s3');
  });

  it('leaves out a file that is there with the same content, uploads one that has changed, and exits with 0 if all are made', async () => {
    const file = join(folder, 'a.png');
    expect((await upload(file)).printed).to.match(madeLine(String.raw`input/a\.png`));
    const again = await upload(file);
    expect(again.printed).to.match(/^input\/a\.png {2}unchanged \(\d+\.\d s\)\n$/);
    expect(again.code).to.equal(0);
    writeFileSync(file, await paintUpright(65, 48).png().toBuffer());
    expect((await upload(file)).printed).to.match(madeLine(String.raw`input/a\.png`));
  });

  it('prints one line of JSON for each file with --json', async () => {
    const { lines } = await upload(folder, '--json', '--prefix', 'input/json/');
    const found = lines.map((line) => JSON.parse(line));
    expect(found.map(({ outcome }) => outcome)).to.have.members(['made', 'made', 'refused', 'not uploaded']);
    expect(found.find(({ outcome }) => outcome === 'refused')).to.include({
      key: 'input/json/photos/note.txt',
      reason: 'UnsupportedImageError',
    });
  });

  const formationError = (code: string, message: string) =>
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  for (const [what, status, body, line] of [
    [
      'an expired token',
      403,
      formationError('ExpiredToken', 'The security token included in the request is expired'),
      'The AWS credentials have expired: get new ones, such as by "aws sso login".',
    ],
    [
      'a wrong name',
      400,
      formationError('ValidationError', 'Stack with id photos-stack does not exist'),
      'Stack with id photos-stack does not exist',
    ],
    [
      'no permission',
      403,
      formationError('AccessDenied', 'User: x is not authorized to perform: cloudformation:DescribeStacks'),
      'You have no permission: User: x is not authorized to perform: cloudformation:DescribeStacks',
    ],
  ] as const)
    it(`prints one line for ${what}`, async () => {
      const { url, server } = await serveError(status, body);
      const environment = { ...cloudFormation.environment, AWS_ENDPOINT_URL_CLOUDFORMATION: url };
      const { code, printed } = await runScript('upload', ['--stack', 'photos-stack', folder], environment);
      server.close();
      expect(printed).to.equal(`${line}\n`);
      expect(code).to.equal(1);
    });

  it('begins no other file if the token expires on the way, and says which are left', async () => {
    const { url, server } = await serveError(
      400,
      '<Error><Code>ExpiredToken</Code><Message>x</Message></Error>',
    );
    const environment = { ...cloudFormation.environment, AWS_ENDPOINT_URL_S3: url };
    const { code, printed } = await runScript('upload', ['--stack', 'photos-stack', folder], environment);
    server.close();
    expect(printed).to.match(/^4 files in \d+\.\d s: 1 not uploaded, 3 not begun\.$/m);
    expect(printed).to.include('The AWS credentials have expired');
    expect(code).to.equal(1);
  });

  it('prints one line without a region, without credentials, and without a runtime on this machine', async () => {
    const { AWS_REGION: _, ...nowhere } = cloudFormation.environment;
    const lineOf = async (words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
      const { printed, code } = await runScript('upload', [folder, ...words], environment);
      expect(code).to.equal(1);
      return printed;
    };
    expect(await lineOf(['--stack', 'x'], nowhere)).to.match(/^There is no region: set AWS_REGION.*\n$/);
    expect(await lineOf(['--stack', 'x'], { AWS_REGION: 'us-east-1' })).to.match(
      /^There are no AWS credentials: .*\n$/,
    );
    expect(await lineOf(['--data', temporaryFolder('empty')])).to.match(/^No pipeline runs here .*\n$/);
  });
});

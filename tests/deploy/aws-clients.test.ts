import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';

/** The Python interpreter of `.ci/run`'s virtual environment, which has boto3 and the AWS CLI. */
const { SAM_PYTHON = '' } = process.env;
const AWS = join(dirname(SAM_PYTHON), 'aws');

const MIB = 1024 * 1024;
const KEYS = ["d'or été (1).txt", 'a+b & c=d.txt', '100%.txt', '日本 #x?.txt', 'album/[1]~$!@.txt'];
const run = promisify(execFile);

// Without the settings of the person who runs the tests.
const ENVIRONMENT = {
  PATH: process.env.PATH,
  AWS_ACCESS_KEY_ID: 'anybody',
  AWS_SECRET_ACCESS_KEY: 'anything',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_PAGER: '',
  PYTHONUTF8: '1',
};

describe('The local pipeline works with', () => {
  let pipeline: PipelineUnderTest;
  let folder: string;
  let bigFile: string;
  let bucket: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'aws-clients-'));
    bigFile = join(folder, 'big.bin');
    writeFileSync(bigFile, randomBytes(40 * MIB));
    pipeline = await startPipeline();
    bucket = pipeline.addresses.originalImagesBucket;
  });
  after(async () => {
    await pipeline?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('the AWS CLI', () => {
    before(function () {
      if (SAM_PYTHON) return;
      console.log('    Skipped: set SAM_PYTHON to a Python with awscli and boto3, as .ci/run does.');
      this.skip();
    });

    const aws = async (...words: string[]) =>
      (await run(AWS, words, { env: ENVIRONMENT, maxBuffer: 64 * MIB })).stdout;
    const s3 = (...words: string[]) => aws('--endpoint-url', pipeline.addresses.s3, 's3', ...words);
    const states = async (...words: string[]) =>
      JSON.parse(await aws('--endpoint-url', pipeline.addresses.states, 'stepfunctions', ...words));

    it("The AWS CLI's s3 cp and mv upload 40 MB in parts, move the object and download it unchanged", async () => {
      const back = join(folder, 'cp.bin');
      await s3('cp', bigFile, `s3://${bucket}/cli/big.bin`);
      await s3('mv', `s3://${bucket}/cli/big.bin`, `s3://${bucket}/cli/moved.bin`);
      await s3('cp', `s3://${bucket}/cli/moved.bin`, back);
      expect(readFileSync(back).equals(readFileSync(bigFile))).to.equal(true);
      const { ETag } = JSON.parse(
        await aws(
          ...['--endpoint-url', pipeline.addresses.s3, 's3api', 'head-object'],
          ...['--bucket', bucket, '--key', 'cli/moved.bin'],
        ),
      );
      expect(ETag).to.match(/^"[0-9a-f]{32}-5"$/);
    });

    it("The AWS CLI's s3 sync, ls and rm --recursive copy a folder with odd file names there and back and remove it", async () => {
      const [there, back] = [join(folder, 'there'), join(folder, 'back')];
      mkdirSync(join(there, 'album'), { recursive: true });
      for (const key of KEYS) {
        writeFileSync(join(there, key), key);
        // S3's times have whole seconds: sync would take a file of the same second for newer and upload it again.
        utimesSync(join(there, key), new Date(0), new Date(0));
      }
      await s3('sync', there, `s3://${bucket}/tree`);
      expect(await s3('sync', there, `s3://${bucket}/tree`)).to.equal('');
      const listed = await s3('ls', `s3://${bucket}/tree/`, '--recursive');
      for (const key of KEYS) expect(listed).to.contain(` tree/${key}\n`);
      expect(await s3('ls', `s3://${bucket}/tree/`)).to.contain('PRE album/');
      await s3('sync', `s3://${bucket}/tree`, back);
      expect(readdirSync(back, { recursive: true })).to.have.members([...KEYS, 'album']);
      for (const key of KEYS) expect(readFileSync(join(back, key), 'utf8')).to.equal(key);
      rmSync(join(there, '100%.txt'));
      expect(await s3('sync', '--delete', there, `s3://${bucket}/tree`)).to.contain('delete: ');
      await s3('rm', '--recursive', `s3://${bucket}/tree/`);
      expect(await s3('ls', `s3://${bucket}`)).to.not.contain('tree');
    });

    it("The AWS CLI's s3 presign returns a link that curl can fetch a range of", async () => {
      const key = "presigned/d'or été+1.bin";
      await s3('cp', bigFile, `s3://${bucket}/${key}`);
      const link = (await s3('presign', `s3://${bucket}/${key}`)).trim();
      const curl = ['--silent', '--fail', '--range', '100-199', link];
      const { stdout } = await run('curl', curl, { encoding: 'buffer' });
      expect(stdout.equals(readFileSync(bigFile).subarray(100, 200))).to.equal(true);
    });

    it("The AWS CLI's stepfunctions starts, describes and lists an execution, its history and its Map Run", async () => {
      await pipeline.uploadAndWait('input/cli.png', await paintUpright(64, 48).png().toBuffer());
      const machine = ['--state-machine-arn', pipeline.addresses.resizeImageStateMachineArn];
      const { executionArn } = await states('start-execution', ...machine, '--input', '{}');
      const execution = ['--execution-arn', executionArn];
      const ended = await until(async () => {
        const found = await states('describe-execution', ...execution);
        return found.status === 'RUNNING' ? undefined : found;
      }, 'the end of the execution');
      expect(ended).to.include({ status: 'SUCCEEDED', input: '{}' });
      const { events } = await states('get-execution-history', ...execution);
      expect(events.map(({ type }: { type: string }) => type)).to.include.members([
        'ExecutionStarted',
        'MapRunStarted',
        'ExecutionSucceeded',
      ]);
      const { executions } = await states('list-executions', ...machine, '--status-filter', 'SUCCEEDED');
      expect(executions[0]).to.include({ executionArn, status: 'SUCCEEDED' });
      expect(JSON.parse(ended.output).images).to.include({ resized: 0, unchanged: 1 });
      const { mapRuns } = await states('list-map-runs', ...execution);
      const { status, itemCounts } = await states('describe-map-run', '--map-run-arn', mapRuns[0].mapRunArn);
      expect(status).to.equal('SUCCEEDED');
      expect(itemCounts).to.include({ failed: 0, succeeded: 1 });
    });
  });

  it('boto3 works with its defaults: multipart uploads, checksums, odd keys, paging, executions and named errors', async function () {
    if (!SAM_PYTHON) return this.skip();
    const { s3, states, resizeImageStateMachineArn } = pipeline.addresses;
    const back = join(folder, 'boto3.bin');
    const words = [bigFile, back, bucket, resizeImageStateMachineArn, s3, states];
    const { stdout } = await run(SAM_PYTHON, ['tests/deploy/aws-clients.py', ...words], { env: ENVIRONMENT });
    const { keys, ...told } = JSON.parse(stdout);
    expect(keys).to.have.length(5);
    expect(told).to.deep.equal({
      copied: 40 * MIB,
      same: true,
      part: { range: `bytes 10-19/${40 * MIB}`, bytes: 10 },
      deleted: 5,
      missing: '404',
      status: 'SUCCEEDED',
      ends: ['ExecutionStarted', 'ExecutionSucceeded'],
      isListed: true,
      mapRun: 'SUCCEEDED',
      unknown: 'ExecutionDoesNotExist',
    });
    expect(readFileSync(back).equals(readFileSync(bigFile))).to.equal(true);
  });

  it('The JavaScript SDK v3 works with its defaults: a multipart upload sends all parts at the same time', async () => {
    const Key = 'sdk/big.bin';
    const body = readFileSync(bigFile);
    const { UploadId } = await pipeline.s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    const upload = { Bucket: bucket, Key, UploadId };
    const numbers = [1, 2, 3, 4, 5];
    const Parts = await Promise.all(
      numbers.map(async (PartNumber) => {
        const Body = body.subarray((PartNumber - 1) * 8 * MIB, PartNumber * 8 * MIB);
        const { ETag, ChecksumCRC32 } = await pipeline.s3.send(
          new UploadPartCommand({ ...upload, PartNumber, Body }),
        );
        return { PartNumber, ETag, ChecksumCRC32 };
      }),
    );
    await pipeline.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    const { Body } = await pipeline.s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(body)).to.equal(true);
  });
});

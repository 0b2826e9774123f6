import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BreakableCheckout, copyBreakable } from '../support/broken-function.ts';
import { paintUpright } from '../support/images.ts';
import { madeLine } from '../support/made-line.ts';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { runScript } from '../support/run-script.ts';
import { type StubbedCloudFormation, serveStack } from '../support/stubbed-cloudformation.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('An upload whose execution fails', () => {
  let breakable: BreakableCheckout;
  let photo: string;
  before(async () => {
    breakable = copyBreakable();
    photo = join(temporaryFolder('photo'), 'cat.png');
    writeFileSync(photo, await paintUpright(64, 48).png().toBuffer());
  });

  /** Runs `use` with a pipeline whose function is broken. */
  async function whileBroken(
    parameters: readonly string[],
    use: (pipeline: PipelineUnderTest, data: string, stack: StubbedCloudFormation) => Promise<void>,
  ): Promise<void> {
    const data = temporaryFolder('broken');
    const pipeline = await startPipeline({
      data,
      checkout: breakable.checkout,
      words: ['--parameter-overrides', ...parameters],
    });
    const stack = await serveStack(pipeline, {});
    breakable.break();
    try {
      await use(pipeline, data, stack);
    } finally {
      breakable.mend();
      stack.stop();
      await pipeline.stop();
    }
  }

  const line = (key: string) =>
    new RegExp(
      `^${key}  not processed: TypeError: This is a mistake in the code\\., at \\S*handler\\.ts:\\d+(:\\d+)?; execution \\S+, left on UnprocessedUploadsQueue \\(\\d+\\.\\d s\\)$`,
      'm',
    );

  it('is told with its error as soon as it has ended, by npm start and by npm run upload, also if the same content was made before', async () => {
    await whileBroken(['ApiAuth=NONE'], async (pipeline, data, stack) => {
      const start = () => runScript('start', ['--data', data, photo]);
      const started = await start();
      expect(started.stdout).to.match(line('input/cat.png'));
      expect(started.code).to.equal(1);
      const local = await runScript('upload', ['--data', data, '--prefix', 'local', photo]);
      expect(local.printed).to.match(line('input/local/cat.png'));
      const onStack = await runScript(
        'upload',
        ['--stack', 'photos-stack', '--prefix', 'stack', photo],
        stack.environment,
      );
      expect(onStack.printed).to.match(line('input/stack/cat.png'));
      expect(onStack.code).to.equal(1);

      breakable.mend();
      await pipeline.uploadAndWait('input/cat.png', await paintUpright(64, 48).png().toBuffer());
      breakable.break();
      // npm run upload would leave it out.
      expect((await start()).stdout).to.match(line('input/cat.png'));
      breakable.mend();
      expect((await start()).stdout).to.match(madeLine(String.raw`input/cat\.png`));
    });
  });

  it('is found on the queue, and its error in the log, if the log tells failures alone, as by default on AWS', async () => {
    const parameters = ['StateMachineLogLevel=ERROR', 'StateMachineLogData=false'];
    await whileBroken(parameters, async (_pipeline, _data, stack) => {
      const upload = () => runScript('upload', ['--stack', 'photos-stack', photo], stack.environment);
      expect((await upload()).printed).to.match(line('input/cat.png'));
      // What lies on the queue from before says nothing about an upload of the same content.
      breakable.mend();
      expect((await upload()).printed).to.match(madeLine(String.raw`input/cat\.png`));
    });
  });
});

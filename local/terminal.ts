import { plainLines } from 'aws-on-one-machine';
import { MultiBar } from 'cli-progress';
import wrapAnsi from 'wrap-ansi';

/** Where lines go. On a terminal they are wrapped between words, and a bar may stand below them. */
export interface Terminal {
  /** Prints lines above the bar, if there is one, without what would steer the terminal. */
  say(text: string): void;
  /** Starts a bar; undefined if nobody watches, as in a pipe. */
  startBar(total: number): Bar | undefined;
}

export interface Bar {
  /** @param counts what the bar says beside the number, in at most 40 columns. */
  update(done: number, counts: string): void;
  /** Removes it. */
  stop(): void;
}

/** Continued lines are indented by so much more. */
const INDENT = 4;
/** What a terminal has that does not know its width, as over a serial line. */
const USUAL_COLUMNS = 80;
const BAR_COLUMNS = 20;

type Stream = NodeJS.WritableStream & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>;

export function createTerminal(stream: Stream): Terminal {
  // As of console.log: whoever read the lines, such as `head`, may end before the work does.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  let bars: MultiBar | undefined;
  const say = (text: string): void => {
    const plain = plainLines(text);
    const lines = stream.isTTY ? wrap(plain, stream.columns || USUAL_COLUMNS) : plain;
    if (bars) bars.log(`${lines}\n`);
    else stream.write(`${lines}\n`);
  };
  const startBar = (total: number): Bar | undefined => {
    if (!stream.isTTY) return undefined;
    const shown = new MultiBar({
      stream,
      format: `[{bar}] {value} of {total}{counts}`,
      barsize: BAR_COLUMNS,
      clearOnComplete: true,
      forceRedraw: true,
      gracefulExit: false,
      hideCursor: true,
    });
    bars = shown;
    const bar = shown.create(total, 0, { counts: '' });
    return {
      update: (done, counts) => bar.update(done, { counts: counts === '' ? '' : `: ${counts}` }),
      stop: () => {
        // Prints the lines that still wait for it.
        shown.update();
        shown.stop();
        bars = undefined;
      },
    };
  };
  return { say, startBar };
}

/** Breaks lines between words. A word that is longer than a line stays whole, so that it can be copied. */
function wrap(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  if (!wrapAnsi(line, columns, { trim: false }).includes('\n')) return line;
  const [start = ''] = /^ */.exec(line) ?? [];
  const [first = '', ...rest] = wrapAnsi(line.trimStart(), columns - start.length - INDENT).split('\n');
  return [start + first, ...rest.map((one) => `${start}${' '.repeat(INDENT)}${one}`)].join('\n');
}

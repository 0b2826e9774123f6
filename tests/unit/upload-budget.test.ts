import { readFileSync } from 'node:fs';
import { expect } from 'chai';

interface Retrier {
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly ErrorEquals: readonly string[];
}

interface Task {
  readonly TimeoutSeconds: number;
  readonly Retry?: readonly Retrier[];
}

/** The sum of a retrier's waits, in seconds. FULL jitter chooses each wait between zero and the one computed here. */
function longestWaits({
  IntervalSeconds,
  MaxAttempts,
  BackoffRate = 2,
  MaxDelaySeconds = Infinity,
}: Retrier): number {
  const waits = Array.from({ length: MaxAttempts }, (_, attempt) =>
    Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds),
  );
  return waits.reduce((sum, wait) => sum + wait, 0);
}

/** Only the retrier of States.Timeout repeats attempts that take all of TimeoutSeconds: the others fail at once. */
function longestTaskSeconds({ TimeoutSeconds, Retry = [] }: Task): number {
  const timeouts = Retry.find(({ ErrorEquals }) => ErrorEquals.includes('States.Timeout'))?.MaxAttempts ?? 0;
  return (1 + timeouts) * TimeoutSeconds + Retry.reduce((sum, retrier) => sum + longestWaits(retrier), 0);
}

describe('An upload that cannot be processed', () => {
  it('An upload that cannot be processed reaches the queue within the 270 seconds of its execution, even after the longest waits', () => {
    const { States } = JSON.parse(readFileSync('statemachine/resize-upload.asl.json', 'utf8'));
    const { ResizeImage, RecordFailure, LeaveUploadOnQueue } = States;
    const longest = [ResizeImage, RecordFailure, LeaveUploadOnQueue].reduce(
      (sum, task) => sum + longestTaskSeconds(task),
      0,
    );
    expect(longest).to.be.at.most(270).and.above(100);
  });

  it('An upload does not time out in the state machine before it times out in the function', () => {
    const template = readFileSync('template.yaml', 'utf8');
    const functionTimeoutSeconds = Number(/^ {6}Timeout: (\d+)$/m.exec(template)?.[1]);
    for (const name of ['resize-upload', 'resize-image']) {
      const { States } = JSON.parse(readFileSync(`statemachine/${name}.asl.json`, 'utf8'));
      expect(States.ResizeImage.TimeoutSeconds).to.be.above(functionTimeoutSeconds);
    }
  });
});

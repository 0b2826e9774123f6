import { expect } from 'chai';
import { type CallService, TaskError } from '../../states/index.ts';
import { INVOKE, only, outputOf, run } from './machine.ts';

describe('Parallel and inline Map (AWS: Parallel and Map workflow states)', () => {
  const pass = (fields: object): object => ({
    StartAt: 'P',
    States: { P: { Type: 'Pass', ...fields, End: true } },
  });

  it('Parallel passes its input to each branch, and returns the outputs in the order of the branches', async () => {
    const parallel = only({
      Type: 'Parallel',
      Parameters: { 'v.$': '$.x' },
      Branches: [
        pass({ OutputPath: '$.v' }),
        { StartAt: 'Q', States: { Q: { Type: 'Pass', Result: 'b', End: true } } },
      ],
      ResultPath: '$.both',
    });
    expect(await outputOf(parallel, { x: 1 })).to.deep.equal({ x: 1, both: [1, 'b'] });
  });

  it('a Parallel state fails with the error of the first branch that fails, and the other branches are aborted', async () => {
    let wasAborted = false;
    const callService: CallService = async ({ signal, parameters }) => {
      if (JSON.stringify(parameters).includes('fail')) throw new TaskError('Broken', 'one branch');
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          wasAborted = true;
          reject(new TaskError('Late', 'not this one'));
        });
      });
    };
    const task = (name: string): object => ({
      StartAt: name,
      States: { [name]: { ...INVOKE, Parameters: { FunctionName: name }, End: true } },
    });
    const parallel = {
      Type: 'Parallel',
      Branches: [task('wait'), task('fail')],
      Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught' }],
      End: true,
    };
    expect(
      await outputOf(
        { StartAt: 'Both', States: { Both: parallel, Caught: { Type: 'Pass', End: true } } },
        {},
        { callService },
      ),
    ).to.deep.equal({ Error: 'Broken', Cause: 'one branch' });
    expect(wasAborted).to.equal(true);
  });

  it('Map runs its ItemProcessor for each item of ItemsPath, shaped by ItemSelector, and keeps the order', async () => {
    const map = only({
      Type: 'Map',
      ItemsPath: '$.items',
      ItemSelector: {
        'i.$': '$$.Map.Item.Index',
        'v.$': '$$.Map.Item.Value.n',
        'from.$': '$$.Map.Item.Source',
        'whole.$': '$.common',
      },
      ItemProcessor: pass({ Parameters: { 'item.$': '$', 'again.$': '$$.Map.Item.Index' } }),
    });
    expect(await outputOf(map, { common: 'c', items: [{ n: 'a' }, { n: 'b' }] })).to.deep.equal([
      { item: { i: 0, v: 'a', from: 'STATE_DATA', whole: 'c' }, again: 0 },
      { item: { i: 1, v: 'b', from: 'STATE_DATA', whole: 'c' }, again: 1 },
    ]);
  });

  it('Map runs MaxConcurrency iterations at once, by number or Path, and 40 at most', async () => {
    let running = 0;
    let most = 0;
    const callService: CallService = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return {};
    };
    const items = Array.from({ length: 100 }, (_, i) => i);
    const processor = { StartAt: 'T', States: { T: { ...INVOKE, End: true } } };
    for (const [fields, expected] of [
      [{ MaxConcurrency: 3 }, 3],
      [{ MaxConcurrencyPath: '$.n' }, 2],
      [{}, 40],
    ] as const) {
      most = 0;
      await outputOf(
        only({ Type: 'Map', ItemsPath: '$.items', ItemProcessor: processor, ResultPath: null, ...fields }),
        { items, n: 2 },
        { callService },
      );
      expect(most).to.equal(expected);
    }
  });

  it('Map accepts the older names Iterator and Parameters, and fails with items that are no array', async () => {
    const map = only({
      Type: 'Map',
      ItemsPath: '$.items',
      Parameters: { 'v.$': '$$.Map.Item.Value' },
      Iterator: pass({}),
    });
    expect(await outputOf(map, { items: [1] })).to.deep.equal([{ v: 1 }]);
    expect(await run(map, { items: 'text' })).to.include({ error: 'States.Runtime' });
    expect((await run(map, { items: { a: 1 } })).cause).to.contain('not iterated here');
  });
});

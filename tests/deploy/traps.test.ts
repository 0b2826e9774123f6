import { expect } from 'chai';
import { SETTINGS } from './settings.ts';
import { useTranslator } from './translator.ts';
import { TRAPS } from './traps.ts';

describe('On AWS,', () => {
  const translator = useTranslator();

  for (const trap of TRAPS)
    describe(trap.name, () => {
      it('is minded, however the stack is deployed', async () => {
        for (const [setting, parameters] of trap.isForDefaults ? [...SETTINGS].slice(0, 1) : SETTINGS)
          expect(trap.rule(await translator().deploy(parameters)), setting).to.deep.equal([]);
      });

      for (const { parameters = {}, refusal, ...change } of trap.falls)
        it(`and is noticed with ${JSON.stringify(change.to.trim() || `no ${change.from.trim()}`)}`, async () => {
          const fallen = translator().deploy(parameters, change);
          if (refusal) return expect(await fallen.then(() => '', String)).to.match(refusal);
          return expect(trap.rule(await fallen)).not.to.be.empty;
        });
    });
});

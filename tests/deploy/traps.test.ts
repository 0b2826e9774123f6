import { expect } from 'chai';
import { DOUBT_TRAPS } from './doubt-traps.ts';
import { SETTINGS } from './settings.ts';
import { type Change, useTranslator } from './translator.ts';
import { TRAPS } from './traps.ts';
import { WEB_PAGE_TRAPS } from './web-page-traps.ts';

describe('A trap that exists only on AWS:', () => {
  const translator = useTranslator();

  for (const trap of [...TRAPS, ...WEB_PAGE_TRAPS, ...DOUBT_TRAPS])
    describe(trap.name, () => {
      const when = trap.isForDefaults ? 'with every default' : 'whatever its parameters';
      it(`The deployed stack avoids the trap ${when}: ${trap.name}`, async () => {
        for (const [setting, parameters] of trap.isForDefaults ? [...SETTINGS].slice(0, 1) : SETTINGS)
          expect(trap.rule(await translator().deploy(parameters)), setting).to.deep.equal([]);
      });

      for (const { parameters = {}, refusal, ...change } of trap.falls)
        it(`The rules report a trap in a template with ${describeChange(change)}`, async () => {
          const fallen = translator().deploy(parameters, change);
          if (refusal) return expect(await fallen.then(() => '', String)).to.match(refusal);
          return expect(trap.rule(await fallen)).not.to.be.empty;
        });
    });
});

function describeChange({ from, to }: Change): string {
  return JSON.stringify(to.trim() || `no ${from.trim()}`);
}

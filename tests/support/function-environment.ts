import { functionsOf } from 'aws-on-one-machine';
import { readReal } from './template-file.ts';

/** Gives this process the variables of the template's function, which the image process inherits, during the tests. */
export function useFunctionEnvironment(): void {
  const before_ = { ...process.env };
  before(() => {
    const [lambda] = functionsOf(readReal());
    Object.assign(process.env, lambda?.environment);
  });
  after(() => {
    for (const name of Object.keys(process.env)) if (!(name in before_)) delete process.env[name];
    Object.assign(process.env, before_);
  });
}

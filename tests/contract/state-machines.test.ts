// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of ASL files look like JavaScript's.

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { functionsOf, loadMachines, type StateMachineResource, stateMachinesOf } from 'aws-on-one-machine';
import { expect } from 'chai';
import { REAL_TEMPLATE, readReal } from '../support/template-file.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:ImageResizeFunction:live';

describe('The state machines of this pipeline', () => {
  // In this order: that of uploads, and that of POST.
  let machines: readonly StateMachineResource[];
  before(() => {
    machines = stateMachinesOf(readReal());
  });
  const validate = createRequire(import.meta.url)('asl-validator');

  for (const file of readdirSync(join(dirname(REAL_TEMPLATE), 'statemachine')))
    it(`statemachine/${file} is loaded by the runtime and accepted by asl-validator`, () => {
      const machine = machines.find(({ source }) => source === `statemachine/${file}`);
      if (!machine) throw new Error(`Expected a state machine of statemachine/${file}, found none.`);
      expect(() => loadMachines([machine])).not.to.throw();
      const { isValid, errorsText } = validate(machine.definition, { checkPaths: false, checkArn: false });
      expect(isValid, errorsText()).to.equal(true);
    });

  it('The definitions contain the queue and the numbers of the template, and no placeholder is left', () => {
    const [upload, image] = machines;
    expect(upload?.text).to.include(
      '"QueueUrl": "http://127.0.0.1:3000/000000000000/UnprocessedUploadsQueue"',
    );
    expect(image?.text).to.include("States.StringToJson('5.0')");
    for (const machine of [upload, image]) expect(machine?.text).to.be.a('string').and.not.include('${');
  });

  it('The state machines invoke the function only by its alias', () => {
    expect(functionsOf(readReal())[0]?.arn).to.equal(FUNCTION_ARN);
    for (const { text } of machines) {
      const names = text?.match(/"FunctionName": "[^"]*"/g);
      expect(names).to.have.length.above(0);
      expect(new Set(names)).to.deep.equal(new Set([`"FunctionName": "${FUNCTION_ARN}"`]));
    }
  });
});

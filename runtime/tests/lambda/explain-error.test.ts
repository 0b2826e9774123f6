import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { bundleFunctions, explainError, FunctionError, FunctionPool } from '../../lambda/index.ts';
import { readTemplateAt, writeTemplate } from '../support/template-file.ts';

const TEMPLATE = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: esbuild
      BuildProperties: { EntryPoints: [handler.ts], Minify: true, Target: es2024 }
    Properties: { Runtime: nodejs24.x, CodeUri: ., Handler: handler.handler }
`;
const HANDLER = `
export const handler = async () => {
  // A comment, which the bundle does not have.
  throw new RangeError('Too\\nmuch');
};`;

describe('Lambda: the error of a function in one line', () => {
  it('has its message and the line of the source, though the bundle is minified, and its log has the stack', async () => {
    const template = readTemplateAt(writeTemplate(TEMPLATE, { 'handler.ts': HANDLER }));
    const [bundle] = await bundleFunctions(template, dirname(template.file));
    if (!bundle) throw new Error('The template has no function.');
    const { lambda, directory } = bundle;
    bundle.write();
    expect([...bundle.sizes.keys()]).to.deep.equal([join(directory, 'handler.js')]);

    const pool = new FunctionPool(lambda, { directory, layerDirectory: '/layer' }, {});
    const { signal } = new AbortController();
    const clock = { stop: () => {}, start: () => {} };
    const error = await pool
      .invoke({ payload: {}, caller: 'Role', signal, clock })
      .catch((one: unknown) => one);
    pool.stop();

    if (!(error instanceof FunctionError)) throw new Error(`Expected a FunctionError but received ${error}.`);
    expect(explainError(error.name, JSON.stringify(error.payload))).to.match(
      /^RangeError: Too much, at \S*\/handler\.ts:4$/,
    );
    const [line = ''] = readFileSync(join(directory, 'function.log'), 'utf8').split('\n');
    expect(JSON.parse(line)).to.deep.include({
      level: 'ERROR',
      message: { errorType: 'RangeError', errorMessage: 'Too\nmuch', stackTrace: error.payload.trace },
    });
  });

  it('has no line if no function threw it, and no message if there is none', () => {
    expect(explainError('AccessDenied', 'No.')).to.equal('AccessDenied: No.');
    expect(explainError('States.Timeout')).to.equal('States.Timeout');
    expect(explainError('Error', '{"errorMessage":"x","trace":["at f (/nowhere/a.js:1:2)"]}')).to.equal(
      'Error: x',
    );
    expect(explainError('Error', 'null')).to.equal('Error: null');
  });
});

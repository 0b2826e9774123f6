// docs/parameters.md: every parameter of template.yaml, as the template has it.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { REAL_TEMPLATE } from '../support/template-file.ts';

interface Parameter {
  readonly Default: string | number;
  readonly AllowedValues?: readonly (string | number)[];
  readonly MinValue?: number;
  readonly MaxValue?: number;
}

interface Row {
  readonly name: string;
  readonly default: string;
  readonly allowed: string;
}

/** The rows of the page by the heading above them. */
function readPage(): Map<string, Row[]> {
  const [, ...sections] = readFileSync('docs/parameters.md', 'utf8').split(/^## /m);
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf('\n')),
      [...section.matchAll(/^\| `(\w+)` \| (.*?) \| (.*?) \|/gm)].map(
        ([, name = '', first = '', allowed = '']) => ({
          name,
          default: first.replaceAll('`', ''),
          allowed: allowed.replaceAll('`', ''),
        }),
      ),
    ]),
  );
}

/** What the page says that a parameter allows; undefined where it is in words. */
function allowedBy({ AllowedValues, MinValue, MaxValue }: Parameter): string | undefined {
  if (AllowedValues) return AllowedValues.join(', ');
  if (MinValue === undefined) return undefined;
  return MaxValue === undefined ? `${MinValue} or more` : `${MinValue} to ${MaxValue}`;
}

describe('docs/parameters.md', () => {
  const { Metadata, Parameters } = parse(readFileSync(REAL_TEMPLATE, 'utf8'), { logLevel: 'silent' });
  const parameters = new Map<string, Parameter>(Object.entries(Parameters));
  const page = readPage();

  it('docs/parameters.md has the groups of the CloudFormation console, and each parameter of the template in one of them', () => {
    const groups: { Label: { default: string }; Parameters: string[] }[] =
      Metadata['AWS::CloudFormation::Interface'].ParameterGroups;
    expect([...page].map(([label, rows]) => [label, rows.map(({ name }) => name)])).to.deep.equal(
      groups.map(({ Label, Parameters: names }) => [Label.default, names]),
    );
    expect([...page.values()].flat().map(({ name }) => name)).to.deep.equal([...parameters.keys()]);
  });

  for (const [name, parameter] of parameters)
    it(`docs/parameters.md has the default of ${name} and what it allows`, () => {
      const row = [...page.values()].flat().find((one) => one.name === name);
      expect(row?.default).to.equal(String(parameter.Default) || 'empty');
      const allowed = allowedBy(parameter);
      if (allowed !== undefined) expect(row?.allowed).to.equal(allowed);
    });
});

// API Gateway's mapping templates: the Velocity Template Language with $input, $util, $context and $stageVariables.
//
// Covers: references, #set, #if, #foreach, comments; $input.json, path, params, body; $util's six functions; $context
// with responseOverride; the methods of velocity-methods.ts. Refuses, by name and line, when the template is read:
// every other directive, method, variable and JSONPath, and tests of what is no boolean.
// Follows: "Mapping template reference" (API Gateway Developer Guide) and "Velocity User Guide" (Apache).

import { Compile, parse } from 'velocityjs';
import { checkTemplate } from './velocity-check.ts';
import { callMethod } from './velocity-methods.ts';
import { Callable, type ResponseOverride, type TemplateInput, variablesOf } from './velocity-variables.ts';

export interface Rendered {
  readonly text: string;
  /** The status that the template set; undefined where it set none, or none that is a status. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export type Render = (input: TemplateInput) => Rendered;

/** Reads a mapping template; throws a VelocityMistake for what it does not carry out. */
export function compileTemplate(template: string): Render {
  checkTemplate(template);
  const tree = parse(template);
  return (input) => {
    const override: ResponseOverride = { header: {} };
    const compiled = new Compile(tree, {
      // One handler for every method, so that none of velocityjs's own nor any of JavaScript's is ever called.
      customMethodHandlers: [
        {
          uid: 'api-gateway',
          match: () => true,
          resolve: ({ context: self, property, params }) =>
            self instanceof Callable ? self.call(property, params) : callMethod(self, property, params),
        },
      ],
    });
    // Silent: API Gateway prints nothing for what is not there, where Velocity by itself prints the reference's source.
    const text: string = compiled.render(variablesOf(input, override), {}, true);
    const headers = Object.entries(override.header).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    return { text, status: statusOf(override.status), headers: Object.fromEntries(headers) };
  };
}

/** API Gateway ignores an override that is no status. */
function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599
    ? status
    : undefined;
}

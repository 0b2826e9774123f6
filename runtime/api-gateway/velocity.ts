// API Gateway's mapping templates: the Velocity Template Language with $input, $util, $context and $stageVariables.
//
// Covers references, #set, #if, #foreach, comments; $input.json, path, params, body; $util's six functions; $context
// with responseOverride; the methods in velocity-methods.ts. Refuses by name and line, when the template is read, every
// other directive, method, variable and JSONPath, and conditions that are not boolean.
// Follows "Mapping template reference" (API Gateway Developer Guide) and "Velocity User Guide" (Apache).

import { Compile, parse } from 'velocityjs';
import { checkTemplate } from './velocity-check.ts';
import { callMethod } from './velocity-methods.ts';
import { Callable, type ResponseOverride, type TemplateInput, variablesOf } from './velocity-variables.ts';

export interface Rendered {
  readonly text: string;
  /** The status that the template set; undefined if it set none or an invalid one. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export type Render = (input: TemplateInput) => Rendered;

/**
 * Compiles a mapping template.
 * @throws VelocityMistake for what is not supported.
 */
export function compileTemplate(template: string): Render {
  checkTemplate(template);
  const tree = parse(template);
  return (input) => {
    const override: ResponseOverride = { header: {} };
    const compiled = new Compile(tree, {
      // One handler for every method call, so that velocityjs never calls its own methods or JavaScript's.
      customMethodHandlers: [
        {
          uid: 'api-gateway',
          match: () => true,
          resolve: ({ context: self, property, params }) =>
            self instanceof Callable ? self.call(property, params) : callMethod(self, property, params),
        },
      ],
    });
    // Silent: API Gateway prints nothing for an undefined reference; Velocity's default is to print its source text.
    const text: string = compiled.render(variablesOf(input, override), {}, true);
    const headers = Object.entries(override.header).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    return { text, status: statusOf(override.status), headers: Object.fromEntries(headers) };
  };
}

/** API Gateway ignores an override that is not a status. */
function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599
    ? status
    : undefined;
}

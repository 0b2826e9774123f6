// The JavaScript that CloudFront runs: ECMAScript 5.1, and what "JavaScript runtime 2.0 features for CloudFront Functions"
// lists of later versions. Node runs all of it and more, so a function could work here and fail on AWS.

import { type AnyNode, parse } from 'acorn';
import { fullAncestor } from 'acorn-walk';

/** What that page does not list, by the types of the ESTree. */
const UNLISTED: ReadonlyMap<string, string> = new Map([
  ['ArrayPattern', 'destructuring'],
  ['AssignmentPattern', 'a default value'],
  ['ChainExpression', 'optional chaining'],
  ['ClassDeclaration', 'a class'],
  ['ClassExpression', 'a class'],
  ['ForOfStatement', 'for-of'],
  ['ImportExpression', 'import()'],
  ['MetaProperty', 'new.target'],
  ['ObjectPattern', 'destructuring'],
  ['SpreadElement', 'spread syntax'],
  ['TaggedTemplateExpression', 'a tagged template'],
  ['YieldExpression', 'a generator'],
]);
const UNLISTED_OPERATORS = ['??', '??=', '&&=', '||='];

interface Unsupported {
  readonly what: string;
  /** Counted from 1. */
  readonly line: number;
}

/** The first construct of a function's code, which Node can run, that CloudFront may not run. */
export function findUnsupported(code: string): Unsupported | undefined {
  const found: Unsupported[] = [];
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'script', locations: true });
  fullAncestor(program, (node, _state, ancestors) => {
    const what = unsupportedIn(node, ancestors.slice(0, -1));
    if (what !== undefined) found.push({ what, line: node.loc?.start.line ?? 1 });
  });
  return found.sort((one, other) => one.line - other.line)[0];
}

function unsupportedIn(node: AnyNode, ancestors: readonly AnyNode[]): string | undefined {
  switch (node.type) {
    case 'LogicalExpression':
    case 'AssignmentExpression':
      return UNLISTED_OPERATORS.includes(node.operator) ? `the operator ${node.operator}` : undefined;
    case 'CatchClause':
      return node.param ? undefined : 'catch without a parameter';
    case 'Literal':
      return typeof node.value === 'bigint' ? 'a BigInt' : undefined;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      // "async arguments and closures are not supported."
      const isNested = ancestors.some(({ type }) => type.includes('Function'));
      const isClosure = isNested || node.type !== 'FunctionDeclaration';
      return node.async && isClosure ? 'an async function inside another or as a value' : undefined;
    }
    default:
      return UNLISTED.get(node.type);
  }
}

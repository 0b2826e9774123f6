import { parse } from 'velocityjs';
import { describe } from '../template/index.ts';
import { readJsonPath } from './exact-json.ts';
import { BOOLEAN_METHODS, javaPattern, VALUE_METHODS } from './velocity-methods.ts';
import { CONTEXT_VARIABLES, INPUT_METHODS, UTIL_METHODS } from './velocity-variables.ts';

/** A node of velocityjs's syntax tree. Its published types are loose, so every field is checked before it is used. */
type Node = Readonly<Record<string, unknown>>;

export class VelocityMistake extends Error {
  override readonly name = 'VelocityMistake';
  /** The line within the template, from 0. */
  readonly line: number;
  constructor(line: number, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.line = line;
  }
}

const DIRECTIVES = ['set', 'if', 'elseif', 'else', 'end', 'foreach', 'comment', 'raw'];
const DIRECTIVE = `a directive of ${DIRECTIVES.join(', ')}`;
/** Velocity calculates / and % with integers, and a division by 0 is null; velocityjs calculates as JavaScript does. */
const OTHER_ARITHMETIC = ['/', '%'];
/** Properties that a string has in JavaScript and not in Velocity. */
const JAVASCRIPT_MEMBERS = new Set(Object.getOwnPropertyNames(String.prototype));

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Checks a mapping template before it is used. Without the check, velocityjs would render an unknown method call as
 * its own source text.
 * @throws VelocityMistake for anything that velocityjs would not render as API Gateway does.
 */
export function checkTemplate(template: string): void {
  // velocityjs parses #stop as text.
  const [beforeStop = '', afterStop] = template.split(/#\{?stop\b/, 2);
  if (afterStop !== undefined)
    throw new VelocityMistake(beforeStop.split('\n').length - 1, DIRECTIVE, '#stop');
  checkTree(parse(template), new Set(['input', 'util', 'context', 'stageVariables']), 0);
}

function checkTree(tree: unknown, variables: Set<string>, line: number): void {
  if (Array.isArray(tree)) for (const item of tree) checkTree(item, variables, line);
  if (!isNode(tree)) return;
  const at = isNode(tree.pos) && typeof tree.pos.first_line === 'number' ? tree.pos.first_line - 1 : line;
  const type = String(tree.type);
  if (type === 'references') checkReference(tree, variables, at);
  if (type === 'string') checkString(tree, variables, at);
  if (type === 'references' || type === 'string') return;
  if (tree.pos && !DIRECTIVES.includes(type) && type !== 'math')
    throw new VelocityMistake(at, DIRECTIVE, `#${String(tree.id ?? type)}`);
  if (type === 'math' && OTHER_ARITHMETIC.includes(String(tree.operator)))
    throw new VelocityMistake(
      at,
      'no / or %, which Velocity calculates with integers,',
      String(tree.operator),
    );
  if (type === 'set') checkAssignment(tree, variables, at);
  if (type === 'foreach')
    for (const name of [String(tree.to), 'foreach', 'velocityCount']) variables.add(name);
  if (type === 'if' || type === 'elseif') checkTruth(tree.condition, at);
  if (type === 'math' && ['||', '&&', 'not'].includes(String(tree.operator)))
    for (const operand of Array.isArray(tree.expression) ? tree.expression : []) checkTruth(operand, at);
  for (const child of Object.values(tree)) checkTree(child, variables, at);
}

function checkString(node: Node, variables: Set<string>, line: number): void {
  const text = String(node.value);
  if (node.isEval !== true || !/[$#]/.test(text)) return;
  checkTree(parse(text), variables, line);
}

function checkAssignment(node: Node, variables: Set<string>, line: number): void {
  const target = Array.isArray(node.equal) ? node.equal[0] : undefined;
  if (!isNode(target)) throw new VelocityMistake(line, 'a variable to set', describe(target));
  const path = stepsOf(target).map((step) => String(step.id));
  if (path.length === 0 && target.id !== 'context') {
    variables.add(String(target.id));
    return;
  }
  const isOverride = target.id === 'context' && path[0] === 'responseOverride';
  if (
    isOverride &&
    ((path.length === 2 && path[1] === 'status') || (path.length === 3 && path[1] === 'header'))
  )
    return;
  const found = `$${[target.id, ...path].join('.')}`;
  throw new VelocityMistake(
    line,
    'a variable, $context.responseOverride.status or .header.NAME to set',
    found,
  );
}

const stepsOf = (reference: Node): Node[] =>
  Array.isArray(reference.path) ? reference.path.filter(isNode) : [];

/** An empty text is true in Velocity and false in JavaScript, so only booleans may be conditions. */
function checkTruth(operand: unknown, line: number): void {
  if (!isNode(operand)) return;
  const last = stepsOf(operand).at(-1);
  const isBoolean = last?.type === 'method' && BOOLEAN_METHODS.has(String(last.id));
  if (operand.type === 'references' && !isBoolean)
    throw new VelocityMistake(
      line,
      'a comparison such as "$!x" != "" as the condition',
      `$${String(operand.id)}`,
    );
}

function checkReference(node: Node, variables: Set<string>, line: number): void {
  const root = String(node.id);
  if (!variables.has(root))
    throw new VelocityMistake(line, `a variable (${[...variables].join(', ')})`, `$${root}`);
  const [first, ...rest] = stepsOf(node);
  if (root === 'input') checkRootStep(first, INPUT_METHODS, ['body'], '$input', line);
  if (root === 'util') checkRootStep(first, UTIL_METHODS, [], '$util', line);
  if (root === 'context') checkRootStep(first, [], CONTEXT_VARIABLES, '$context', line);
  if (root === 'input' && (first?.id === 'json' || first?.id === 'path')) checkJsonPath(first, line);
  const steps = root === 'input' || root === 'util' ? rest : stepsOf(node);
  for (const step of steps) {
    if (step.type === 'method' && !VALUE_METHODS.has(String(step.id)))
      throw new VelocityMistake(line, `a method of ${[...VALUE_METHODS].join(', ')}`, `${String(step.id)}()`);
    if (step.type === 'property' && JAVASCRIPT_MEMBERS.has(String(step.id)))
      throw new VelocityMistake(line, `${step.id}(), or get("${step.id}")`, `$${root}.${step.id}`);
    if (step.id === 'replaceAll' || step.id === 'replaceFirst') checkPattern(step, line);
  }
  for (const step of stepsOf(node))
    checkTree([step.args, step.type === 'index' ? step.id : []], variables, line);
}

function checkRootStep(
  step: Node | undefined,
  methods: readonly string[],
  properties: readonly string[],
  root: string,
  line: number,
): void {
  const names = step?.type === 'method' ? methods : step?.type === 'property' ? properties : [];
  if (step && names.includes(String(step.id))) return;
  const expected = [...methods.map((name) => `${name}()`), ...properties].join(', ');
  throw new VelocityMistake(
    line,
    `one of ${expected} of ${root}`,
    step ? `${root}.${String(step.id)}` : root,
  );
}

const firstLiteral = (step: Node): string | undefined => {
  const argument: unknown = Array.isArray(step.args) ? step.args[0] : undefined;
  return isNode(argument) && argument.type === 'string' ? String(argument.value) : undefined;
};

function checkJsonPath(step: Node, line: number): void {
  const expression = firstLiteral(step);
  if (expression === undefined || !readJsonPath(expression))
    throw new VelocityMistake(
      line,
      'a definite JSONPath in quotes, such as $.a.b',
      expression ?? 'something else',
    );
}

function checkPattern(step: Node, line: number): void {
  const pattern = firstLiteral(step);
  try {
    javaPattern(pattern ?? '', '');
  } catch {
    throw new VelocityMistake(
      line,
      'a regular expression that Java and JavaScript read alike',
      pattern ?? 'nothing',
    );
  }
}

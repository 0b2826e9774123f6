import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import { attempt, describe, TemplateError } from './error.ts';
import { attributeOf, isNamed, madeUpAttribute, PSEUDO_PARAMETERS, refOf } from './names.ts';
import type { ParameterValues } from './parameters.ts';
import { INTRINSICS, intrinsicOf, refuseForEach, type Source } from './source.ts';

/** The result of AWS::NoValue: the map entry or list item that has it is removed. */
const NO_VALUE = Symbol('AWS::NoValue');

interface Names {
  readonly parameters: ParameterValues;
  /** A resource's type. SAM's generated resources are included; resources whose condition is false are not. */
  typeOf(logicalId: string): string | undefined;
  isLeftOut(logicalId: string): boolean;
  /** The logical id of a generated resource that SAM lets a template name, such as `MyFunction.Alias`. */
  generatedAs(name: string): string | undefined;
  queueUrl(logicalId: string): string;
  /** The URL here of the distribution with that domain name, if this stack has one. */
  distributionUrlOf(domain: string): string | undefined;
  /** Called with every reference to a resource, and with whatever else gets a made-up value. */
  used(use: Use): void;
}

export interface Use {
  /** Such as `Table`, `Table.Arn` or `Fn::ImportValue`. */
  readonly reference: string;
  /** The resource that is referred to, which may be a generated one. */
  readonly logicalId?: string;
  readonly isMadeUp: boolean;
  /** The path of the value that contains the reference. */
  readonly path: Path;
}

/**
 * What is not evaluated here: refused in a resource that runs; made up and reported in an output, which is only
 * printed; made up in a resource that is left out.
 */
type Mode = 'runs' | 'output' | 'left out';

type Path = readonly (string | number)[];

/** A path as a map key. YAML cannot contain NUL, so two paths never have the same key. */
export const pathKey = (path: Path): string => path.join('\0');

/** Turns YAML nodes into plain values by evaluating intrinsics, and records the line of every value. */
export class Resolver {
  readonly lines = new Map<string, number>();
  readonly #source: Source;
  readonly #names: Names;
  readonly #conditions = new Map<string, boolean | 'evaluating'>();
  #mode: Mode = 'runs';
  #hasMadeUp = false;

  constructor(source: Source, names: Names) {
    this.#source = source;
    this.#names = names;
  }

  /** The node under the keys of the document, with aliases followed; undefined if there is none. */
  nodeAt(...keys: string[]): Node | undefined {
    let node = this.#source.dereference(this.#source.document.contents);
    for (const key of keys) {
      if (node && !isMap(node)) this.#source.fail(node, 'a map', 'something else');
      node = this.#source.dereference(node && this.#pair(node, key)?.value);
    }
    return node;
  }

  #pair(map: YAMLMap, key: string) {
    return map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  }

  /** The resolved value of a node; undefined for AWS::NoValue. */
  resolve(node: Node | undefined, path: Path): unknown {
    const value = this.#value(node, path);
    return value === NO_VALUE ? undefined : value;
  }

  /** Like `resolve`, for a resource that is left out: an unsupported intrinsic resolves to its own name. */
  resolveLeftOut(node: Node | undefined, path: Path): unknown {
    const value = attempt(() => this.#resolveAs('left out', node, path));
    // Such as Fn::Select of a list that Fn::GetAZs gives on AWS: nothing that runs depends on it.
    return value instanceof TemplateError ? node?.toJS(this.#source.document) : value;
  }

  /** Like `resolve`, for an output. An error after a made-up value is the consequence of that value. */
  resolveOutput(node: Node | undefined, path: Path): unknown {
    this.#hasMadeUp = false;
    const value = attempt(() => this.#resolveAs('output', node, path));
    if (!(value instanceof TemplateError)) return value;
    if (!this.#hasMadeUp) throw value;
    return { Value: 'made-up' };
  }

  #resolveAs(mode: Mode, node: Node | undefined, path: Path): unknown {
    this.#mode = mode;
    try {
      return this.resolve(node, path);
    } finally {
      this.#mode = 'runs';
    }
  }

  #value(written: unknown, path: Path): unknown {
    const node = this.#source.dereference(written);
    if (!node) return null;
    if (!this.lines.has(pathKey(path))) this.lines.set(pathKey(path), this.#source.lineOf(node));
    const short = node.tag && intrinsicOf(node.tag);
    if (short) return this.#intrinsic(short, node, path);
    if (isMap(node)) return this.#map(node, path);
    if (isSeq(node))
      return node.items
        .map((item, index) => this.#value(item, [...path, index]))
        .filter((item) => item !== NO_VALUE);
    if (!isScalar(node)) return this.#source.fail(node, 'a value', 'something else');
    this.#refuseDynamicReference(node);
    this.#refuseDate(node);
    return node.value;
  }

  #refuseDate(node: Scalar): void {
    if (node.value instanceof Date)
      this.#source.fail(node, 'the date in quotes, since YAML 1.1 takes it for a time', 'a bare date');
  }

  #map(node: YAMLMap, path: Path): unknown {
    if (this.#mode !== 'left out') for (const { key } of node.items) refuseForEach(this.#source, key);
    const [only] = node.items;
    const name = node.items.length === 1 && isScalar(only?.key) ? String(only.key.value) : '';
    const argument = this.#source.dereference(only?.value);
    if (name === 'Ref' || name.startsWith('Fn::'))
      return this.#intrinsic(
        name,
        argument ?? this.#source.fail(node, `an argument for ${name}`, 'nothing'),
        path,
      );

    const result: Record<string, unknown> = {};
    for (const item of node.items) {
      const key = item.key;
      if (!isScalar(key) || key.value === '<<' || key.value === '__proto__')
        return this.#source.fail(
          node,
          'plain keys',
          isScalar(key) ? String(key.value) : 'another kind of key',
        );
      this.#refuseDate(key);
      const child = [...path, String(key.value)];
      this.lines.set(pathKey(child), this.#source.lineOf(key));
      const value = this.#value(item.value, child);
      if (value !== NO_VALUE) result[String(key.value)] = value;
    }
    return result;
  }

  #intrinsic(name: string, node: Node, path: Path): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(this.#scalar(node, name), node, path);
      case 'Fn::GetAtt':
        return this.#getAtt(node, path);
      case 'Fn::Sub':
        return this.#sub(node, path);
      case 'Fn::If': {
        const [condition, yes, no] = this.#items(node, name, 3);
        const conditionName = this.#scalar(condition, name);
        const result = this.tryCondition(conditionName, node);
        const isTrue =
          typeof result === 'boolean'
            ? result
            : this.#notEvaluated(conditionName, true, path, () => {
                throw result;
              });
        return this.#value(isTrue ? yes : no, path);
      }
      case 'Fn::Join': {
        const [separator, list] = this.#items(node, name, 2);
        const items = this.#list(list, name, path).map((item) => this.#toText(item, node));
        return this.#withLocalUrls(items.join(this.#scalar(separator, name)));
      }
      case 'Fn::Split': {
        const [separator, text] = this.#items(node, name, 2);
        return this.#toText(this.#value(text, path), node).split(this.#scalar(separator, name));
      }
      case 'Fn::Select': {
        const [index, list] = this.#items(node, name, 2);
        const position = this.#toText(this.#value(index, path), node);
        const values = this.#list(list, name, path);
        if (!/^\d+$/.test(position) || Number(position) >= values.length)
          return this.#source.fail(node, `an index below ${values.length} for ${name}`, position);
        return values[Number(position)];
      }
      case 'Fn::FindInMap':
        return this.#findInMap(node, path);
      case 'Fn::Equals':
      case 'Fn::Not':
      case 'Fn::And':
      case 'Fn::Or':
      case 'Condition':
        return this.#test(name, node);
      default:
        return this.#notEvaluated(name, name, path, () =>
          this.#source.fail(node, `one of ${[...INTRINSICS.values()].join(', ')}`, name),
        );
    }
  }

  /** The made-up value of what is not evaluated here; in a resource that runs, it is refused. */
  #notEvaluated<T>(reference: string, value: T, path: Path, refuse: () => never): T {
    if (this.#mode === 'runs') return refuse();
    this.#use({ reference, isMadeUp: true, path });
    return value;
  }

  #use(use: Use): void {
    if (use.isMadeUp) this.#hasMadeUp = true;
    this.#names.used(use);
  }

  /**
   * The value of a condition, or the error if it cannot be evaluated here, such as one that depends on an SSM parameter.
   * @throws TemplateError if the template has no such condition.
   */
  tryCondition(name: string, at: Node): boolean | TemplateError {
    const isDeclared = this.nodeAt('Conditions', name) !== undefined;
    return isDeclared ? attempt(() => this.condition(name, at)) : this.condition(name, at);
  }

  /** The value of a condition of the Conditions section, which is evaluated once. */
  condition(name: string, at: Node): boolean {
    const known = this.#conditions.get(name);
    if (typeof known === 'boolean') return known;
    const node = this.nodeAt('Conditions', name);
    if (!node) return this.#source.fail(at, 'a condition of this template', name);
    if (known) return this.#source.fail(node, `condition ${name} not to depend on itself`, 'a circle');
    this.#conditions.set(name, 'evaluating');
    // A resource that runs may depend on the same condition.
    const mode = this.#mode;
    this.#mode = 'runs';
    try {
      const result = this.#testNode(node);
      this.#conditions.set(name, result);
      return result;
    } finally {
      this.#mode = mode;
      if (this.#conditions.get(name) === 'evaluating') this.#conditions.delete(name);
    }
  }

  #testNode(written: unknown): boolean {
    const node = this.#source.dereference(written);
    const short = node?.tag && intrinsicOf(node.tag);
    if (node && short) return this.#test(short, node);
    const [pair, ...more] = isMap(node) ? node.items : [];
    const argument = this.#source.dereference(pair?.value);
    if (more.length === 0 && isScalar(pair?.key) && argument)
      return this.#test(String(pair.key.value), argument);
    return this.#source.fail(node ?? 1, 'a condition such as !Equals', 'something else');
  }

  #test(name: string, node: Node): boolean {
    switch (name) {
      case 'Condition':
        return this.condition(this.#scalar(node, name), node);
      case 'Fn::Equals': {
        const [left, right] = this.#items(node, name, 2);
        // CloudFormation compares both as text. No line inside a condition is ever looked up, so any path will do.
        return (
          this.#toText(this.#value(left, ['Conditions']), node) ===
          this.#toText(this.#value(right, ['Conditions']), node)
        );
      }
      case 'Fn::Not':
        return !this.#testNode(this.#items(node, name, 1)[0]);
      case 'Fn::And':
        return this.#operands(node, name).every((item) => this.#testNode(item));
      case 'Fn::Or':
        return this.#operands(node, name).some((item) => this.#testNode(item));
      default:
        return this.#source.fail(node, 'a condition such as !Equals', name);
    }
  }

  #operands(node: Node, name: string): unknown[] {
    const items = this.#items(node, name);
    if (items.length >= 2 && items.length <= 10) return items;
    return this.#source.fail(node, `2 to 10 conditions for ${name}`, String(items.length));
  }

  #ref(name: string, at: Node, path: Path): unknown {
    if (name === 'AWS::NoValue') return NO_VALUE;
    const value = PSEUDO_PARAMETERS.get(name);
    if (value !== undefined) return value;
    if (this.#names.parameters.has(name)) return this.#parameter(name, at, path);
    const logicalId = this.#names.generatedAs(name) ?? name;
    const type = this.#names.typeOf(logicalId);
    if (!type)
      return this.#source.fail(at, 'the name of a parameter or of a resource that this stack has', name);
    this.#use({ reference: name, logicalId, isMadeUp: !isNamed(type), path });
    return refOf(type, logicalId, this.#names.queueUrl);
  }

  #parameter(name: string, at: Node, path: Path): string | readonly string[] {
    const needed = `an override of the parameter ${name}, since only the defaults of String and Number are read here`;
    return (
      this.#names.parameters.get(name) ??
      this.#notEvaluated(name, name, path, () => this.#source.fail(at, needed, 'none'))
    );
  }

  #attribute(logicalId: string, attribute: string, at: Node, path: Path): string {
    const type = this.#names.typeOf(logicalId);
    if (!type) return this.#source.fail(at, 'the name of a resource that this stack has', logicalId);
    const value = attributeOf(type, logicalId, attribute, this.#names.queueUrl);
    const isMadeUp = value === undefined;
    if (isMadeUp && this.#mode === 'runs' && isNamed(type) && !this.#names.isLeftOut(logicalId))
      return this.#source.fail(at, `an attribute of ${type} that is known here`, attribute);
    this.#use({ reference: `${logicalId}.${attribute}`, logicalId, isMadeUp, path });
    return value ?? madeUpAttribute(type, logicalId, attribute);
  }

  #getAtt(node: Node, path: Path): string {
    if (isSeq(node)) {
      const [logicalId, attribute] = this.#items(node, 'Fn::GetAtt', 2);
      const name = this.#toText(this.#value(attribute, path), node);
      return this.#attribute(this.#scalar(logicalId, 'Fn::GetAtt'), name, node, path);
    }
    const [logicalId = '', ...attribute] = this.#scalar(node, 'Fn::GetAtt').split('.');
    return this.#attribute(logicalId, attribute.join('.'), node, path);
  }

  #sub(node: Node, path: Path): string {
    const [template, map] = isSeq(node) ? this.#items(node, 'Fn::Sub', 2) : [node, undefined];
    const variables = map && this.#value(map, path);
    if (variables !== undefined && (typeof variables !== 'object' || variables === null))
      return this.#source.fail(node, 'a map as the second argument of Fn::Sub', describe(variables));
    const own = new Map(Object.entries(variables ?? {}));
    const text = this.#scalar(template, 'Fn::Sub').replace(/\$\{([^}]*)\}/g, (whole, inner: string) => {
      const name = inner.trim();
      // CloudFormation turns ${!Name} into the literal ${Name}.
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (own.has(name)) return this.#toText(own.get(name), node);
      if (name === '') return this.#source.fail(node, 'a name in the braces of Fn::Sub', whole);
      if (!name.includes('.') || this.#names.generatedAs(name))
        return this.#toText(this.#ref(name, node, path), node);
      const [logicalId = '', ...attribute] = name.split('.');
      return this.#attribute(logicalId, attribute.join('.'), node, path);
    });
    return this.#withLocalUrls(text);
  }

  /** Puts the URL of a distribution here in place of its URL on AWS, which is made of its domain name. */
  #withLocalUrls(text: string): string {
    return text.replace(
      /https:\/\/([a-z0-9.-]+)/g,
      (url, domain: string) => this.#names.distributionUrlOf(domain) ?? url,
    );
  }

  #findInMap(node: Node, path: Path): unknown {
    const keys = this.#items(node, 'Fn::FindInMap', 3).map((item) =>
      this.#toText(this.#value(item, path), node),
    );
    const found = this.nodeAt('Mappings', ...keys);
    return found
      ? this.#value(found, path)
      : this.#source.fail(node, 'keys of the Mappings section', keys.join('.'));
  }

  /** CloudFormation would replace {{resolve:…}} by a value from Secrets Manager or Systems Manager. */
  #refuseDynamicReference(node: Scalar): void {
    const [reference] = /\{\{resolve:[^}]*/.exec(String(node.value)) ?? [];
    if (reference !== undefined && this.#mode === 'runs')
      this.#source.fail(node, 'a value, or a parameter in its place', `${reference}}}`);
  }

  #scalar(written: unknown, name: string): string {
    const node = this.#source.dereference(written);
    if (isScalar(node) && ['string', 'number', 'boolean'].includes(typeof node.value)) {
      this.#refuseDynamicReference(node);
      return String(node.value);
    }
    return this.#source.fail(node ?? 1, `a text for ${name}`, 'something else');
  }

  #items(node: Node, name: string, count?: number): unknown[] {
    if (isSeq(node) && (count === undefined || node.items.length === count)) return node.items;
    const found = isSeq(node) ? `${node.items.length}` : 'no list';
    return this.#source.fail(node, `a list of ${count ?? 'two or more'} arguments for ${name}`, found);
  }

  #list(written: unknown, name: string, path: Path): unknown[] {
    const value = this.#value(written, path);
    if (Array.isArray(value)) return value;
    return this.#source.fail(this.#source.dereference(written) ?? 1, `a list for ${name}`, describe(value));
  }

  #toText(value: unknown, at: Node): string {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return String(value);
    return this.#source.fail(at, 'a text', value === NO_VALUE ? 'AWS::NoValue' : describe(value));
  }
}

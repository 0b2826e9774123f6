import fc from 'fast-check';

/** What a state is made of before its name and its neighbours are known. */
interface Draft {
  readonly type: 'Pass' | 'Task' | 'Choice' | 'Fail' | 'Map' | 'Parallel';
  readonly nameLength: number;
  /** Indexes of states, modulo their number. */
  readonly next: number;
  readonly choices: readonly number[];
  readonly catches: readonly number[];
  readonly inner: readonly (readonly Draft[])[];
}

/** State machines that AWS may refuse, but that have every shape: loops, states that follow themselves, nothing reached. */
export function randomMachine(): fc.Arbitrary<object> {
  return drafts(2).map((states) => {
    let count = 0;
    const name = (length: number) => {
      count += 1;
      return `State${count}`.padEnd(length, 'LongName');
    };
    return build(states, name);
  });
}

function drafts(depth: number): fc.Arbitrary<readonly Draft[]> {
  const index = fc.nat(30);
  const types: Draft['type'][] = ['Pass', 'Task', 'Task', 'Choice', 'Fail'];
  const draft = fc.record<Draft>({
    type: fc.constantFrom(...types, ...(depth > 0 ? (['Map', 'Parallel'] as const) : [])),
    nameLength: fc.integer({ min: 1, max: 80 }),
    next: index,
    choices: fc.array(index, { minLength: 1, maxLength: 4 }),
    catches: fc.array(index, { maxLength: 2 }),
    inner:
      depth > 0
        ? fc.array(
            fc.constant(null).chain(() => drafts(depth - 1)),
            { minLength: 1, maxLength: 3 },
          )
        : fc.constant([]),
  });
  return fc.array(draft, { minLength: 1, maxLength: depth > 1 ? 14 : 4 });
}

function build(states: readonly Draft[], nameOf: (length: number) => string): object {
  const names = states.map(({ nameLength }) => nameOf(nameLength));
  const to = (index: number) => names[index % names.length];
  const entries = states.map(({ type, next, choices, catches, inner }, index) => {
    const Catch = catches.map((target) => ({ ErrorEquals: ['States.ALL'], Next: to(target) }));
    const follows = { Next: to(next), ...(Catch.length > 0 && { Catch }) };
    const bodies: Record<Draft['type'], object> = {
      Pass: { Next: to(next) },
      Task: follows,
      Fail: {},
      Choice: {
        Choices: choices.map((target, rule) => ({
          Variable: `$.field${rule}`,
          StringEquals: `value ${target}`,
          Next: to(target),
        })),
        Default: to(next),
      },
      Map: { ...follows, ItemProcessor: inner[0] && build(inner[0], nameOf) },
      Parallel: { ...follows, Branches: inner.map((branch) => build(branch, nameOf)) },
    };
    return [names[index], { Type: type, ...bodies[type] }];
  });
  return { StartAt: names[0], States: Object.fromEntries(entries) };
}

import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/**
 * The line, from 1, of a mistake in a definition's text. `place` starts with the path to it as Fields writes it, such
 * as `.States.Work.Retry[0]: …`; the result is the line of the path's last step that the text has.
 */
export function lineOfPlace(text: string, place: string): number {
  const lines = new LineCounter();
  // JSON is YAML, and this parser keeps positions.
  let node: unknown = parseDocument(text, { lineCounter: lines }).contents;
  let rest = place;
  let offset = 0;
  for (;;) {
    const step = isMap(node)
      ? fieldStep(node.items, rest)
      : isSeq(node)
        ? itemStep(node.items, rest)
        : undefined;
    if (!step) return lines.linePos(offset).line;
    ({ node, offset } = step);
    rest = rest.slice(step.length);
  }
}

interface Step {
  readonly node: unknown;
  readonly offset: number;
  /** How many characters of the place it matches. */
  readonly length: number;
}

/** Takes the longest name that fits: there may be states `a` and `a.b`. */
function fieldStep(
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  rest: string,
): Step | undefined {
  const steps = pairs.flatMap(({ key, value }): Step[] => {
    if (!isScalar(key) || !rest.startsWith(`.${key.value}`)) return [];
    return [{ node: value, offset: key.range?.[0] ?? 0, length: `.${key.value}`.length }];
  });
  return steps.sort((a, b) => b.length - a.length)[0];
}

function itemStep(items: readonly unknown[], rest: string): Step | undefined {
  const [whole, index] = /^\[(\d+)\]/.exec(rest) ?? [];
  const node = items[Number(index)];
  if (whole === undefined || (!isMap(node) && !isScalar(node) && !isSeq(node))) return undefined;
  return { node, offset: node.range?.[0] ?? 0, length: whole.length };
}

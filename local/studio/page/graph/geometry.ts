export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle by its upper left corner, in pixels. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export function moved<Shape extends Point>(shape: Shape, dx: number, dy: number): Shape {
  return { ...shape, x: shape.x + dx, y: shape.y + dy };
}

/**
 * The control points of the curve with which an edge goes from one of its points to the next. Both are between the two
 * heights, and so is the whole curve.
 */
function controlPoints(from: Point, to: Point): readonly [Point, Point] {
  if (from.y === to.y) return [from, to];
  const middle = (from.y + to.y) / 2;
  return [
    { x: from.x, y: middle },
    { x: to.x, y: middle },
  ];
}

/** The path of an edge, for the attribute `d` of SVG. */
export function pathOf(points: readonly Point[]): string {
  return points
    .map((point, index) => {
      const before = points[index - 1];
      if (!before) return `M${point.x} ${point.y}`;
      if (before.x === point.x || before.y === point.y) return `L${point.x} ${point.y}`;
      const [one, other] = controlPoints(before, point);
      return `C${one.x} ${one.y} ${other.x} ${other.y} ${point.x} ${point.y}`;
    })
    .join('');
}

/** Points on the path of an edge, `count` of them for each of its pieces. */
export function pointsAlong(points: readonly Point[], count: number): Point[] {
  return points.slice(1).flatMap((to, index) => {
    const from = points[index] ?? to;
    const [one, other] = controlPoints(from, to);
    return Array.from({ length: count + 1 }, (_, step) => {
      const t = step / count;
      const on = (axis: 'x' | 'y') =>
        (1 - t) ** 3 * from[axis] +
        3 * (1 - t) ** 2 * t * one[axis] +
        3 * (1 - t) * t ** 2 * other[axis] +
        t ** 3 * to[axis];
      return { x: on('x'), y: on('y') };
    });
  });
}

/** A point of the upright image, as shares of its width from the left and of its height from the top: 0 to 1. */
export interface FocalPoint {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** In pixels of the whole image. */
export interface Corner {
  readonly left: number;
  readonly top: number;
}

/** @returns where the crop begins whose centre is nearest to the point. So the point is always in the crop. */
export function cropAround({ x, y }: FocalPoint, whole: Size, crop: Size): Corner {
  return { left: startOf(x, whole.width, crop.width), top: startOf(y, whole.height, crop.height) };
}

function startOf(share: number, whole: number, part: number): number {
  return Math.min(Math.max(Math.round(share * whole - part / 2), 0), whole - part);
}

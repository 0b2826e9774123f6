import 'img-comparison-slider';
import 'img-comparison-slider/dist/styles.css';
import { createElement } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Side } from './comparable.ts';

interface Props {
  before: Side;
  after: Side;
  /** In pixels of CSS; undefined fits the dialog. */
  width: number | undefined;
  /** The browser cannot show the first of both. */
  fail: () => void;
}

/** Two pictures over one another, and a line between them that the pointer and the arrow keys move. */
export function Slider({ before, after, width, fail }: Props) {
  const slider = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = slider.current;
    if (!element) return;
    const tell = () =>
      element.setAttribute('aria-valuenow', String(Math.round(Number(Reflect.get(element, 'value')))));
    tell();
    element.addEventListener('slide', tell);
    return () => element.removeEventListener('slide', tell);
  }, []);
  const picture = (side: Side, slot: string, onError?: () => void) => (
    <img
      key={side.url}
      slot={slot}
      src={side.url}
      alt=""
      width={before.width}
      height={before.height}
      draggable={false}
      onError={onError}
    />
  );
  return (
    <div class="slider-scroll" style={{ '--ratio': before.width / before.height }}>
      {createElement(
        'img-comparison-slider',
        {
          ref: slider,
          class: width === undefined ? 'slider-fit' : 'slider-exact',
          style: width === undefined ? undefined : { width: `${width}px` },
          role: 'slider',
          tabIndex: 0,
          'aria-label': `Line between ${before.name} and ${after.name}`,
          'aria-valuemin': 0,
          'aria-valuemax': 100,
        },
        picture(before, 'first', fail),
        picture(after, 'second'),
      )}
    </div>
  );
}

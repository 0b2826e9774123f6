import { useEffect, useRef } from 'preact/hooks';
import { call } from '../calls/call.ts';

/** As sharp as a tile needs it on a screen with two pixels for each of CSS. */
const MAX_WIDTH = 320;

/**
 * A picture on a canvas, for as long as it is in the page. Browsers keep the pixels of each `<img>` that was scrolled past:
 * 300 MB after a thousand.
 */
export function TilePicture({ url }: { url: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const stop = new AbortController();
    const show = async () => {
      const picture = await (await call(url, { signal: stop.signal })).blob();
      const bitmap = await createImageBitmap(picture);
      if (!stop.signal.aborted && canvas.current) draw(canvas.current, bitmap);
      bitmap.close();
    };
    // Its placeholder stays.
    show().catch(() => {});
    return () => stop.abort();
  }, [url]);
  return <canvas ref={canvas} width="0" height="0" />;
}

function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const scale = Math.min(1, MAX_WIDTH / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  canvas.classList.add('is-drawn');
  canvas.dispatchEvent(new Event('load'));
}

import { useEffect, useReducer } from 'preact/hooks';
import type { Known, ManifestReader } from './manifest-reader.ts';

/** What is known of an image, as soon as it is. */
export function useKnown(reader: ManifestReader, key: string): Known | undefined {
  const [, renderAgain] = useReducer<number, void>((count) => count + 1, 0);
  useEffect(() => reader.listen(key, () => renderAgain()), [reader, key]);
  return reader.get(key);
}

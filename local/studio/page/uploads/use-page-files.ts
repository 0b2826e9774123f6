import { useEffect, useState } from 'preact/hooks';
import { type ChosenFile, pastedFiles } from './chosen-file.ts';
import { readDropped } from './dropped-files.ts';

interface Listener {
  /** Files were dropped anywhere on the page, or pasted. */
  readonly take: (files: readonly ChosenFile[]) => void;
  /** What was dropped cannot be read. */
  readonly fail: (reason: string) => void;
}

/** @returns whether files are held over the page, ready to be dropped. */
export function usePageFiles({ take, fail }: Listener): boolean {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const listen = <E extends Event>(type: string, listener: (event: E) => void) =>
      document.addEventListener(type, listener as EventListener, { signal: listening.signal });
    listen<DragEvent>('dragover', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(true);
    });
    listen<DragEvent>('dragleave', (event) => {
      // It also leaves each element for the next one.
      if (event.relatedTarget === null) setIsOver(false);
    });
    listen<DragEvent>('drop', (event) => {
      setIsOver(false);
      if (!event.dataTransfer || !hasFiles(event)) return;
      event.preventDefault();
      readDropped(event.dataTransfer).then(take, (error: unknown) => fail(String(error)));
    });
    listen<ClipboardEvent>('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      take(pastedFiles(files));
    });
    return () => listening.abort();
  }, [take, fail]);
  return isOver;
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}

import './uploads.css';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useStack } from '../stack-context.ts';
import { useChanges } from '../use-changes.ts';
import { Choose } from './choose.tsx';
import { type ChosenFile, filesOf } from './chosen-file.ts';
import { Summary } from './summary.tsx';
import { chooseShown, isUnsent } from './upload.ts';
import { UploadCard } from './upload-card.tsx';
import { uploadList } from './upload-list.ts';
import { usePageFiles } from './use-page-files.ts';

/** More cards than these would push the view off the screen. */
const MAX_CARDS = 3;
/** The graphs of more uploads would be too much to look at, and to ask for. */
const MAX_OPEN_GRAPHS = 2;

/**
 * Takes images that are dropped anywhere on the page; stays when another view is shown.
 * @param isBrief leaves out the cards, which would push another view off the screen.
 */
export function Uploads({ isBrief }: { readonly isBrief: boolean }) {
  const stack = useStack();
  const { uploads } = useChanges(uploadList);
  const [problem, setProblem] = useState('');
  const take = useCallback(
    (files: readonly ChosenFile[]) => {
      setProblem(files.length === 0 ? 'There are no files in it; hidden ones are left out.' : '');
      uploadList.add(files, stack);
    },
    [stack],
  );
  const isOver = usePageFiles({ take, fail: setProblem });
  useWarningBeforeLeaving(uploads.some(isUnsent));
  const shown = isBrief ? [] : chooseShown(uploads, MAX_CARDS);
  return (
    <section class="uploads" aria-label="Uploads">
      <Choose take={(files) => take(filesOf(files))} />
      {problem && <p class="uploads-problem">{problem}</p>}
      {isOver && <p class="uploads-over">Drop to upload</p>}
      {uploads.length > 0 && <Summary uploads={uploads} cards={shown.length} />}
      {shown.length > 0 && (
        <ul class="uploads-cards">
          {shown.map((upload) => (
            <UploadCard key={upload.id} upload={upload} isOpen={uploads.length <= MAX_OPEN_GRAPHS} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** What is not yet stored is lost with the page. */
function useWarningBeforeLeaving(isUnsent: boolean): void {
  useEffect(() => {
    if (!isUnsent) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isUnsent]);
}

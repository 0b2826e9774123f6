import './images.css';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { useStack } from '../stack-context.ts';
import { EndedEvent, uploadList } from '../uploads/upload-list.ts';
import { useChanges } from '../use-changes.ts';
import { Details } from './details.tsx';
import { formatCount } from './format-size.ts';
import { Gallery } from './gallery.tsx';
import { ImageList } from './image-list.ts';
import { ManifestReader } from './manifest-reader.ts';
import { Search } from './search.tsx';

const PREFIX = 'input/';
/** A search that is no prefix looks through these at most. */
const MAX_SEARCHED = 20_000;

/** @param rest of the address: the key of the image that is shown. */
export function ImagesView({ rest }: { readonly rest: readonly string[] }) {
  // Its slashes are encoded in a link, but not where somebody has typed them.
  const shownKey = rest.length > 0 ? rest.join('/') : undefined;
  const stack = useStack();
  const [search, setSearch] = useState('');
  const [round, setRound] = useState(0);
  const prefix = search.startsWith(PREFIX) ? search : PREFIX;
  const { list, reader } = useImages(stack, prefix, round);
  useChanges(list);
  const isSearch = search !== '' && prefix !== search;
  // The same list as long as nothing changes: the gallery reads anew what is in another one.
  const found = useMemo(
    () => (isSearch ? list.objects.filter(({ key }) => matches(key, search)) : list.objects),
    [list.objects, isSearch, search],
  );
  const requireMore = useCallback(
    (count: number) => list.require(isSearch ? MAX_SEARCHED : count),
    [list, isSearch],
  );
  useEffect(() => requireMore(1), [requireMore]);
  return (
    <section class="images" aria-label="Images">
      <div class="images-head">
        <h1>Images</h1>
        <p class="quiet" role="status">
          {countOf(found.length, list, search)}
        </p>
        <Search value={search} change={setSearch} />
        <button type="button" onClick={() => setRound(round + 1)}>
          Refresh
        </button>
      </div>
      {list.error && (
        <p class="images-problem">
          The images could not be listed: {list.error.message}{' '}
          <button type="button" onClick={() => list.retry()}>
            Try again
          </button>
        </p>
      )}
      {found.length > 0 ? (
        <Gallery objects={found} reader={reader} requireMore={requireMore} />
      ) : (
        list.isComplete && <Empty search={search} />
      )}
      {shownKey !== undefined && <Details key={shownKey} imageKey={shownKey} reader={reader} />}
    </section>
  );
}

/** @param round another number reads everything again. */
function useImages(
  { originalImagesBucket, resizedImagesBucket }: ReturnType<typeof useStack>,
  prefix: string,
  round: number,
) {
  const reader = useMemo(() => new ManifestReader(resizedImagesBucket), [resizedImagesBucket, round]);
  const list = useMemo(
    () => new ImageList(originalImagesBucket, prefix),
    [originalImagesBucket, prefix, round],
  );
  useEffect(() => {
    const follow = (event: Event) => {
      if (!(event instanceof EndedEvent)) return;
      if (event.manifest) reader.put(event.object.key, { status: 'read', manifest: event.manifest });
      list.put(event.object);
    };
    uploadList.addEventListener('ended', follow);
    return () => {
      uploadList.removeEventListener('ended', follow);
      list.stop();
    };
  }, [reader, list]);
  return { list, reader };
}

function matches(key: string, search: string): boolean {
  return key.toLowerCase().includes(search.toLowerCase());
}

function countOf(found: number, { isComplete, objects }: ImageList, search: string): string {
  if (objects.length === 0) return isComplete ? '' : 'Reading…';
  const more = isComplete ? '' : ' so far';
  if (search === '') return `${formatCount(found, 'image')}${more}`;
  const isCapped = !isComplete && objects.length >= MAX_SEARCHED;
  const hint = isCapped
    ? `, among the first ${objects.length}: a search that begins with input/ finds more`
    : more;
  return `${formatCount(found, 'image')} found${hint}`;
}

function Empty({ search }: { search: string }) {
  if (search !== '')
    return (
      <p class="empty">
        No key contains “{search}”. Keys begin with <code>input/</code>.
      </p>
    );
  return (
    <p class="empty">
      There are no images yet. Drop one anywhere on this page, and watch what the pipeline makes of it.
    </p>
  );
}

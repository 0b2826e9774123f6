import type { StackCosts } from '../../stack-facts.ts';
import { Cost } from '../cost/cost.tsx';
import { formatCount } from '../images/format-size.ts';
import { Refusal } from '../images/refusal.tsx';
import { hrefTo } from '../navigation.ts';
import { useStack } from '../stack-context.ts';
import { type Counts, countUploads, type Upload } from './upload.ts';
import { uploadList } from './upload-list.ts';

/** All uploads in one line, with a bar, and those that were refused. @param cards how many of them have a card. */
export function Summary({ uploads, cards }: { uploads: readonly Upload[]; cards: number }) {
  const { costs, isLocal } = useStack();
  const counts = countUploads(uploads);
  const ended = uploads.length - counts.waiting - counts.sending - counts.processing;
  const unsent = counts.waiting + counts.sending;
  const hidden = uploads.length - cards;
  // A card says the same of the only one.
  const isMany = uploads.length > 1 || cards === 0;
  return (
    <div class={isMany ? 'uploads-summary card' : 'uploads-summary'}>
      {isMany && <progress value={ended} max={uploads.length} aria-label="Uploads that have ended" />}
      <p role="status" class={isMany ? '' : 'visually-hidden'}>
        {sentenceOf(uploads, ended)}
      </p>
      {cards > 0 && hidden > 0 && (
        <p class="quiet">{formatCount(hidden, 'more upload')} without a card below.</p>
      )}
      {isMany && (
        <Cost dollars={costOf(counts, costs)} what="these uploads" one={costs.upload} isLocal={isLocal} />
      )}
      {isMany && <Refused uploads={uploads} />}
      <div class="uploads-actions">
        {isMany && unsent > 0 && (
          <button type="button" onClick={() => uploadList.cancelUnsent()}>
            Cancel the {formatCount(unsent, 'unsent upload')}
          </button>
        )}
        {ended > 0 && (
          <button type="button" onClick={() => uploadList.clearEnded()}>
            {ended < uploads.length ? 'Clear what has ended' : 'Clear'}
          </button>
        )}
      </div>
    </div>
  );
}

function costOf({ made, refused }: Counts, costs: StackCosts): number {
  return made * costs.upload + refused * costs.refusal;
}

/** `120 of 200 have ended: 118 made, 2 refused. 4 are being sent, 76 wait.` */
function sentenceOf(uploads: readonly Upload[], ended: number): string {
  const { made, refused, failed, overtaken, cancelled, sending, processing, waiting } = countUploads(uploads);
  const list = (parts: readonly (readonly [number, string])[]) =>
    parts.flatMap(([count, words]) => (count > 0 ? [`${count} ${words}`] : [])).join(', ');
  const results = list([
    [made, 'made'],
    [refused, 'refused'],
    [failed, 'failed'],
    [overtaken, 'replaced or removed'],
    [cancelled, 'cancelled'],
  ]);
  const rest = list([
    [processing, 'in the pipeline'],
    [sending, 'being sent'],
    [waiting, 'waiting'],
  ]);
  const [first] = uploads;
  const head = uploads.length === 1 && first ? `${first.key}` : `${ended} of ${uploads.length} ended`;
  return `${head}${results && `: ${results}`}.${rest && ` ${rest}.`}`;
}

function Refused({ uploads }: { uploads: readonly Upload[] }) {
  const { acceptHeic } = useStack();
  const refused = uploads.filter(({ progress: { name } }) => name === 'refused' || name === 'failed');
  if (refused.length === 0) return null;
  return (
    <details class="uploads-refused">
      <summary>{formatCount(refused.length, 'file')} refused or failed, with the reasons</summary>
      <ul>
        {refused.map(({ id, key, progress }) => (
          <li key={id}>
            <a href={hrefTo('images', key)}>{key}</a>
            {progress.name === 'refused' && progress.manifest.error && (
              <Refusal error={progress.manifest.error} acceptHeic={acceptHeic} />
            )}
            {progress.name === 'failed' && <p>{progress.message}</p>}
          </li>
        ))}
      </ul>
    </details>
  );
}

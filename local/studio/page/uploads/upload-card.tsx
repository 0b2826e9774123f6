import { Cost } from '../cost/cost.tsx';
import { fileNameOf, formatBytes } from '../images/format-size.ts';
import { Made } from '../images/made.tsx';
import { Refusal } from '../images/refusal.tsx';
import { hrefTo } from '../navigation.ts';
import { useStack } from '../stack-context.ts';
import { isUnsent, type Progress, type Upload } from './upload.ts';
import { uploadList } from './upload-list.ts';
import { UploadSteps } from './upload-steps.tsx';

interface Props {
  upload: Upload;
  /** Whether the graph is shown without being asked for. */
  isOpen: boolean;
}

/** One upload: how far it is, its steps in the state machine, and what became of it. */
export function UploadCard({ upload, isOpen }: Props) {
  const { key, file, progress } = upload;
  const isStored =
    progress.name === 'failed' ? progress.isStored : !isUnsent(upload) && progress.name !== 'cancelled';
  return (
    <li class="upload-card card">
      <div class="upload-head">
        <h2 class="upload-name" title={key}>
          {fileNameOf(key)} <span class="quiet upload-size">{formatBytes(file.size)}</span>
        </h2>
        <span class={`mark ${MARKS[progress.name].kind}`}>{MARKS[progress.name].words}</span>
        {isUnsent(upload) && (
          <button
            type="button"
            aria-label={`Cancel ${fileNameOf(key)}`}
            onClick={() => uploadList.cancel(upload.id)}
          >
            Cancel
          </button>
        )}
      </div>
      {progress.name === 'sending' && (
        <progress value={progress.share} aria-label={`How much of ${fileNameOf(key)} is sent`} />
      )}
      <Result progress={progress} />
      {isStored && <UploadSteps upload={upload} isOpen={isOpen} />}
      {(progress.name === 'made' || progress.name === 'refused') && (
        <p>
          <a href={hrefTo('images', key)}>
            Details<span class="visually-hidden"> of {fileNameOf(key)}</span>
          </a>
        </p>
      )}
    </li>
  );
}

const MARKS: Readonly<Record<Progress['name'], { readonly kind: string; readonly words: string }>> = {
  waiting: { kind: 'plain', words: 'Waiting' },
  sending: { kind: 'run', words: 'Sending' },
  processing: { kind: 'run', words: 'In the pipeline' },
  made: { kind: 'good', words: 'Made' },
  refused: { kind: 'bad', words: 'Refused' },
  failed: { kind: 'bad', words: 'Failed' },
  overtaken: { kind: 'warn', words: 'Replaced or removed' },
  cancelled: { kind: 'warn', words: 'Cancelled' },
};

function Result({ progress }: { progress: Progress }) {
  const { acceptHeic, costs, isLocal } = useStack();
  switch (progress.name) {
    case 'made':
      return (
        <>
          <Made manifest={progress.manifest} />
          <Cost dollars={costs.upload} what="this upload" isLocal={isLocal} />
        </>
      );
    case 'refused':
      return (
        <>
          {progress.manifest.error && <Refusal error={progress.manifest.error} acceptHeic={acceptHeic} />}
          <Cost dollars={costs.refusal} what="this refusal" isLocal={isLocal} />
        </>
      );
    case 'failed':
    case 'overtaken':
    case 'cancelled':
      return <p>{progress.message}</p>;
    default:
      return null;
  }
}

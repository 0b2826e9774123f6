import { useState } from 'preact/hooks';
import { ExecutionGraph } from '../graph/execution-graph.tsx';
import { useUploadExecution } from '../graph/upload-execution.ts';
import { useStack } from '../stack-context.ts';
import type { Upload } from './upload.ts';

/** The clock of this machine may be ahead of that of AWS. */
const CLOCKS_DIFFER_MS = 60_000;

interface Props {
  upload: Upload;
  /** Whether they are shown without being asked for. */
  isOpen: boolean;
}

/** The state machine at work on an upload. */
export function UploadSteps({ upload, isOpen: isOpenAtFirst }: Props) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  return (
    <details
      class="upload-steps"
      open={isOpen}
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary>Its steps in the state machine</summary>
      {isOpen && <Steps upload={upload} />}
    </details>
  );
}

function Steps({ upload: { key, sinceMs } }: { upload: Upload }) {
  const { isLocal } = useStack();
  const { definition, events, note } = useUploadExecution(key, sinceMs - (isLocal ? 0 : CLOCKS_DIFFER_MS));
  if (note !== undefined) return <p class="quiet">{note}</p>;
  if (definition === undefined) return <p class="quiet">Reading…</p>;
  return <ExecutionGraph definition={definition} events={events} />;
}

import { useState } from 'preact/hooks';
import { ExecutionGraph } from '../graph/execution-graph.tsx';
import { useUploadExecution } from '../graph/upload-execution.ts';
import { earliestStart, type Upload } from './upload.ts';

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

function Steps({ upload }: { upload: Upload }) {
  const { definition, events, note } = useUploadExecution(upload.requestId, earliestStart(upload));
  if (note !== undefined) return <p class="quiet">{note}</p>;
  if (definition === undefined) return <p class="quiet">Reading…</p>;
  return <ExecutionGraph definition={definition} events={events} />;
}

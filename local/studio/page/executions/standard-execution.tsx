import { useState } from 'preact/hooks';
import { BusyButton } from '../busy-button.tsx';
import { stopExecution } from '../calls/states.ts';
import { ExecutionGraph } from '../graph/execution-graph.tsx';
import { JsonText } from '../graph/json-text.tsx';
import { useStateMachine } from '../graph/state-machine.ts';
import { Failure } from '../graph/state-panel.tsx';
import { useStack } from '../stack-context.ts';
import { BulkBar } from './bulk-bar.tsx';
import { ExecutionHead } from './execution-head.tsx';
import { entryOfListed } from './execution-list.ts';
import { LogLines } from './log-lines.tsx';
import { titleOf } from './request-title.ts';
import { useExecution } from './use-execution.ts';

/** A request for one image, or a bulk run. */
export function StandardExecution({ arn }: { readonly arn: string }) {
  const { resizeImageStateMachineArn } = useStack();
  const { machine } = useStateMachine(resizeImageStateMachineArn);
  const { execution, events, mapRun, problem, historyProblem } = useExecution(arn);
  if (!execution)
    return (
      <p class="empty" aria-live="polite">
        {problem ?? 'Loading…'}
      </p>
    );
  const entry = { ...entryOfListed(execution), error: execution.error };
  return (
    <>
      <ExecutionHead entry={entry} title={titleOf(execution.input)} cause={execution.cause}>
        {execution.status === 'RUNNING' && <StopButton arn={arn} />}
      </ExecutionHead>
      {mapRun && <BulkBar mapRun={mapRun} execution={execution} />}
      <section class="card" aria-label="Graph">
        <h2 class="visually-hidden">Graph</h2>
        {historyProblem !== undefined && <p class="notice">{historyProblem}</p>}
        <ExecutionGraph definition={machine?.definition} events={events} />
      </section>
      <section class="card data" aria-label="Data">
        <h2 class="visually-hidden">Input and output</h2>
        <JsonText title="Input" text={execution.input} />
        <JsonText title="Output" text={execution.output} />
      </section>
      <LogLines name={execution.name} />
    </>
  );
}

function StopButton({ arn }: { readonly arn: string }) {
  const [problem, setProblem] = useState<Error>();
  const [isStopping, setIsStopping] = useState(false);
  const stop = async () => {
    setIsStopping(true);
    setProblem(undefined);
    try {
      await stopExecution(arn);
    } catch (error) {
      setProblem(error instanceof Error ? error : new Error(String(error)));
      setIsStopping(false);
    }
  };
  return (
    <>
      <BusyButton onClick={stop} isBusy={isStopping}>
        {isStopping ? 'Stopping…' : 'Stop'}
      </BusyButton>
      {problem && <Failure error={problem.name} cause={problem.message} />}
    </>
  );
}

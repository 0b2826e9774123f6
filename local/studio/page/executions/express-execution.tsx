import { useEffect, useState } from 'preact/hooks';
import { ExecutionGraph } from '../graph/execution-graph.tsx';
import { executionLogOf, type LoggedExecution } from '../graph/execution-log.ts';
import { JsonText } from '../graph/json-text.tsx';
import { missingLog, useStateMachine } from '../graph/state-machine.ts';
import { useStack } from '../stack-context.ts';
import { ExecutionHead } from './execution-head.tsx';
import { entryOfLogged } from './execution-list.ts';
import { LogLines } from './log-lines.tsx';
import { LOG_HOURS } from './use-entries.ts';

/** An upload or a removal, from the log. */
export function ExpressExecution({ arn }: { readonly arn: string }) {
  const { resizeUploadStateMachineArn } = useStack();
  const { machine, problem } = useStateMachine(resizeUploadStateMachineArn);
  const execution = useLoggedExecution(resizeUploadStateMachineArn, arn);
  const note = machine && missingLog(machine);
  if (!execution)
    return (
      <p class="empty" aria-live="polite">
        {problem ?? note ?? `The log of the last ${LOG_HOURS} hours does not tell of this execution yet.`}
      </p>
    );
  const [first, last] = [execution.events[0], execution.events.at(-1)];
  const entry = entryOfLogged(execution);
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return (
    <>
      <ExecutionHead entry={entry} title={entry.key ?? entry.name} cause={text(last?.details.cause)} />
      <section class="card" aria-label="Graph">
        <h2 class="visually-hidden">Graph</h2>
        <ExecutionGraph definition={machine?.definition} events={execution.events} dataNote={note} />
      </section>
      <section class="card data" aria-label="Data">
        <h2 class="visually-hidden">Input and output</h2>
        {note !== undefined && <p class="quiet">{note}</p>}
        <JsonText title="Input" text={text(first?.details.input)} />
        <JsonText title="Output" text={text(last?.details.output)} />
      </section>
      <LogLines name={entry.name} />
    </>
  );
}

function useLoggedExecution(stateMachineArn: string, arn: string): LoggedExecution | undefined {
  const [execution, setExecution] = useState<LoggedExecution>();
  useEffect(
    () =>
      executionLogOf(stateMachineArn).follow(Date.now() - LOG_HOURS * 3_600_000, (executions) =>
        setExecution(executions.get(arn)),
      ),
    [stateMachineArn, arn],
  );
  return execution;
}

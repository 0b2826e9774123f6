import { hrefTo } from '../navigation.ts';
import { useStack } from '../stack-context.ts';
import { ExpressExecution } from './express-execution.tsx';
import { StandardExecution } from './standard-execution.tsx';

/** One execution, of either state machine. */
export function ExecutionView({ arn }: { readonly arn: string }) {
  const { resizeUploadStateMachineArn: uploads } = useStack();
  const isUpload = arn.startsWith(`${uploads.replace(':stateMachine:', ':express:')}:`);
  return (
    <>
      <p>
        <a href={hrefTo('executions')}>← All executions</a>
      </p>
      {isUpload ? <ExpressExecution arn={arn} /> : <StandardExecution arn={arn} />}
    </>
  );
}

import { CopyButton } from '../copy-button.tsx';
import { useStack } from '../stack-context.ts';

/** How to find the function's log lines of an execution: docs/operate.md. */
export function LogLines({ name }: { readonly name: string }) {
  const { functionLog } = useStack();
  const isLocal = functionLog !== undefined;
  const query = `filter execution = "${name}" | fields @timestamp, key, status, ErrorName, RenderMilliseconds`;
  const command = `grep '${name}' '${functionLog}'`;
  const text = isLocal ? command : query;
  return (
    <section class="card log-lines" aria-label="Log lines">
      <h2>Log lines of the function</h2>
      <p class="quiet">
        {isLocal
          ? 'The function writes a line for each image. In the folder of the project:'
          : "The function writes a line for each image. In CloudWatch Logs Insights, with the function's log group:"}
      </p>
      <div class="request-command">
        <code>{text}</code>
        <CopyButton text={text} what={isLocal ? 'command' : 'query'} />
      </div>
    </section>
  );
}

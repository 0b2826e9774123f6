import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';

/** The executions of Step Functions. */
export interface Executions {
  /** @throws the error of Step Functions, such as AccessDeniedException, but not ExecutionDoesNotExist. */
  isRunning(executionArn: string): Promise<boolean>;
}

export function createExecutions(client = new SFNClient({})): Executions {
  return {
    async isRunning(executionArn) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
        return status === 'RUNNING' || status === 'PENDING_REDRIVE';
      } catch (error) {
        // Step Functions forgets an execution 90 days after its end.
        if (error instanceof ExecutionDoesNotExist) return false;
        throw error;
      }
    },
  };
}

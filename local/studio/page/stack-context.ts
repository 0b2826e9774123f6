import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { StackFacts } from '../stack-facts.ts';

const StackContext = createContext<StackFacts | undefined>(undefined);

export const StackProvider = StackContext.Provider;

/** The stack that the page shows. The shell draws no view before it knows the stack. */
export function useStack(): StackFacts {
  const stack = useContext(StackContext);
  if (!stack) throw new Error('Expected useStack below StackProvider.');
  return stack;
}

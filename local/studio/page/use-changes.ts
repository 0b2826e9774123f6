import { useEffect, useReducer } from 'preact/hooks';

/** Renders the component again whenever the target sends a `change` event. */
export function useChanges<T extends EventTarget>(target: T): T {
  const [, renderAgain] = useReducer<number, void>((count) => count + 1, 0);
  useEffect(() => {
    const listener = () => renderAgain();
    target.addEventListener('change', listener);
    return () => target.removeEventListener('change', listener);
  }, [target]);
  return target;
}

import type { ComponentChildren } from 'preact';

interface Props {
  readonly isBusy: boolean;
  readonly onClick: () => void;
  readonly isPrimary?: boolean;
  readonly children: ComponentChildren;
}

/** A button that does nothing while something goes on. It is not disabled, because it would lose the focus. */
export function BusyButton({ isBusy, onClick, isPrimary = false, children }: Props) {
  return (
    <button
      type="button"
      class={isPrimary ? 'primary' : ''}
      aria-disabled={isBusy}
      onClick={() => !isBusy && onClick()}
    >
      {children}
    </button>
  );
}

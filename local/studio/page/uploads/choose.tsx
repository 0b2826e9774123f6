import { useRef } from 'preact/hooks';

/** Two buttons: choose files, or a folder. */
export function Choose({ take }: { take: (files: FileList) => void }) {
  return (
    <div class="uploads-choose card">
      <p>
        <strong>Drop images or folders anywhere on this page</strong>
        <span class="quiet">, paste one, or</span>
      </p>
      <ChooseButton label="Choose images" take={take} isPrimary />
      <ChooseButton label="Choose a folder" take={take} isFolder />
    </div>
  );
}

interface ButtonProps {
  label: string;
  take: (files: FileList) => void;
  isPrimary?: boolean;
  isFolder?: boolean;
}

/** A button, because the browsers' own field for files says "No file chosen" for ever. */
function ChooseButton({ label, take, isPrimary = false, isFolder = false }: ButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={isPrimary ? 'primary' : ''} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label={label}
        {...(isFolder && { webkitdirectory: true })}
        onChange={({ currentTarget }) => {
          if (currentTarget.files) take(currentTarget.files);
          // Otherwise the browser says nothing when the same file is chosen again.
          currentTarget.value = '';
        }}
      />
    </>
  );
}

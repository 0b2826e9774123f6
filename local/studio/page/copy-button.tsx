import { useState } from 'preact/hooks';

/** Copies a text, and says so. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [said, setSaid] = useState('Copy');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('Select it to copy');
    }
    setTimeout(() => setSaid('Copy'), 2000);
  };
  return (
    <button type="button" class="copy-button" onClick={copy}>
      <span aria-live="polite">{said}</span>
      <span class="visually-hidden"> the {what}</span>
    </button>
  );
}

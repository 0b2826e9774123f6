import { CopyButton } from '../copy-button.tsx';

interface Props {
  readonly title: string;
  /** JSON; shown as it is if it is none. */
  readonly text: string | undefined;
}

/** JSON with line breaks, to read and to copy. */
export function JsonText({ title, text }: Props) {
  if (text === undefined) return null;
  const pretty = prettyOf(text);
  return (
    <div class="json-text">
      <div class="json-head">
        <strong>{title}</strong>
        <CopyButton text={pretty} what={title.toLowerCase()} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <pre tabIndex={0}>{pretty}</pre>
    </div>
  );
}

function prettyOf(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

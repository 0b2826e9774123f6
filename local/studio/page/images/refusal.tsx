import type { Manifest } from '../calls/manifest.ts';
import { explainRefusal } from './refusal-reasons.ts';

/** Why an image was refused, and what to do. */
export function Refusal({
  error,
  acceptHeic,
}: {
  error: NonNullable<Manifest['error']>;
  acceptHeic: boolean;
}) {
  const { words, advice } = explainRefusal(error, { acceptHeic });
  return (
    <div class="refusal">
      <p>
        <strong>{words}</strong> {advice}
      </p>
      <p class="refusal-message">
        {error.name}: {error.message}
      </p>
    </div>
  );
}

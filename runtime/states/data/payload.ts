import { StateError } from './errors.ts';
import { type Json, jsonBytes } from './json.ts';

/** AWS: 256 KiB for every input, output and result, in UTF-8. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** Throws States.DataLimitExceeded, saying what the state did, where the value is larger than AWS lets it be. */
export function limitSize(value: Json, name: string, did: string): void {
  const bytes = jsonBytes(value);
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `The state '${name}' ${did} of ${bytes} bytes, which exceeds the maximum of ${MAX_PAYLOAD_BYTES} bytes`,
  );
}

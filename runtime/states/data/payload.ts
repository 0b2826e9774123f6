import { StateError } from './errors.ts';
import { type Json, jsonBytes } from './json.ts';

/** AWS: 256 KiB for every input, output and result, in UTF-8. */
export const MAX_PAYLOAD_BYTES = 262_144;

/**
 * @param did what the state did, for the message, such as "returned an output".
 * @throws StateError States.DataLimitExceeded if the value is larger than AWS allows.
 */
export function limitSize(value: Json, name: string, did: string): void {
  const bytes = jsonBytes(value);
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `The state '${name}' ${did} of ${bytes} bytes, which exceeds the maximum of ${MAX_PAYLOAD_BYTES} bytes`,
  );
}

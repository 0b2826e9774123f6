import { DEFAULT_LIMITS, type Limits } from '../../../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';

/** How inspecting an image ends: with "accepted", or with the name and the message of its refusal. */
export async function inspection(bytes: Buffer, limits: Partial<Limits> = {}): Promise<string> {
  try {
    await inspectImage(bytes, { ...DEFAULT_LIMITS, ...limits });
    return 'accepted';
  } catch (error) {
    return String(error);
  }
}

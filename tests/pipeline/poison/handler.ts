import { type Context, handler as deployedHandler } from '../../../functions/image-resize/handler.ts';

/** The deployed handler, except that a key that contains `poison` ends the process, as a crash in libvips would. */
export async function handler(event: unknown, context: Context): Promise<unknown> {
  if (JSON.stringify(event).includes('poison')) process.exit(1);
  return deployedHandler(event, context);
}

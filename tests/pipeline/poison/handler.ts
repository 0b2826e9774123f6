import { type Context, handler as product } from '../../../functions/image-resize/handler.ts';

/** The product's handler, but for images whose key says poison: those end the process, as a fault in libvips would. */
export async function handler(event: unknown, context: Context): Promise<unknown> {
  if (JSON.stringify(event).includes('poison')) process.exit(1);
  return product(event, context);
}

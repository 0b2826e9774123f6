import { crc32 } from 'node:zlib';
import { randomFrom } from '../support/random.ts';

/** What happens to one key, one step after the other. */
export interface UploadScript {
  readonly key: string;
  readonly steps: readonly Step[];
}

export type Step = (
  | { readonly kind: 'upload' /** Index into the list of images. */; readonly image: number }
  | { readonly kind: 'remove' }
  /** Delivers an event of this key once more: EventBridge may deliver events late, twice and out of order. */
  | { readonly kind: 'repeat' /** Index among the events of this key so far. */; readonly event: number }
) & { readonly pauseMs: number };

export interface ScriptPlan {
  readonly seed: number;
  readonly uploads: number;
  /** The number of images to choose from. */
  readonly images: number;
}

/** Most steps of a key. Longer ones meet no new races, and make fewer keys. */
const MOST_STEPS = 6;

/** Plans uploads, overwrites, removals and repeated events. The same plan gives the same scripts. */
export function planUploads({ seed, uploads, images }: ScriptPlan): UploadScript[] {
  const scripts: UploadScript[] = [];
  for (let planned = 0; planned < uploads; ) {
    const number = scripts.length;
    const script = planKey(`input/${number % 10}/image-${number}`, randomFrom(crc32(`${seed} ${number}`)), {
      uploads: uploads - planned,
      images,
    });
    scripts.push(script);
    planned += script.steps.filter(({ kind }) => kind === 'upload').length;
  }
  return scripts;
}

function planKey(
  key: string,
  random: () => number,
  most: { readonly uploads: number; readonly images: number },
): UploadScript {
  const below = (limit: number) => Math.floor(random() * limit);
  // Short and long pauses provoke different races.
  const longestPauseMs = [0, 20, 100, 400][below(4)] ?? 0;
  // Few, so that an upload often brings back the bytes of an earlier one.
  const choice = Array.from({ length: 1 + below(3) }, () => below(most.images));
  const upload = (): Step => ({
    kind: 'upload',
    image: choice[below(choice.length)] ?? 0,
    pauseMs: below(longestPauseMs),
  });
  const steps: Step[] = [upload()];
  let uploads = 1;
  let exists = true;
  for (let count = below(MOST_STEPS); count > 0; count -= 1) {
    const pauseMs = below(longestPauseMs);
    const chance = random();
    if (chance < 0.25)
      steps.push({
        kind: 'repeat',
        event: below(steps.filter(({ kind }) => kind !== 'repeat').length),
        pauseMs,
      });
    else if (chance < 0.4 && exists) {
      steps.push({ kind: 'remove', pauseMs });
      exists = false;
    } else if (uploads < most.uploads) {
      steps.push(upload());
      uploads += 1;
      exists = true;
    }
  }
  return { key, steps };
}

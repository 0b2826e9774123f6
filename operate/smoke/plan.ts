/** What a smoke test uses of a stack: names that nothing else has, below one prefix of each bucket. */
export interface SmokePlan {
  /** An image. */
  readonly imageKey: string;
  /** A text that is named as an image. */
  readonly textKey: string;
  readonly inputPrefix: string;
  readonly outputPrefix: string;
  /** The body of the POST. */
  readonly request: { readonly key: string; readonly force: true };
  /** Whether outputs go with their original. */
  readonly removesOutputs: boolean;
  /** The manifest at the CDN; undefined if there is none, or if only signed requests may read it. */
  readonly manifestUrl: string | undefined;
}

/** How long a step may take, in seconds. */
export interface Patience {
  readonly upload: number;
  readonly execution: number;
  readonly delivery: number;
  readonly removal: number;
}

/** Less than a minute together, with the deleting at the end. */
export const PATIENCE: Patience = { upload: 25, execution: 12, delivery: 5, removal: 12 };

/**
 * @param id makes the keys unique.
 * @param parameters of the stack.
 */
export function planSmoke(
  id: string,
  parameters: Readonly<Record<string, string>>,
  imagesUrl: string | undefined,
): SmokePlan {
  const folder = `smoke-${id}`;
  const imageKey = `input/${folder}/dandelion.jpg`;
  return {
    imageKey,
    textKey: `input/${folder}/text.jpg`,
    inputPrefix: `input/${folder}/`,
    outputPrefix: `output/${folder}/`,
    request: { key: imageKey, force: true },
    removesOutputs: parameters.RemoveWithOriginal !== 'false',
    manifestUrl:
      imagesUrl && !parameters.TrustedKeyGroupId
        ? `${imagesUrl}/${folder}/dandelion.jpg/manifest.json`
        : undefined,
  };
}

export const manifestKeyOf = (key: string): string => `${key.replace(/^input\//, 'output/')}/manifest.json`;

import type { Limits } from './image/limits.ts';
import type { Deliver, MadeImage, RenderSettings } from './image/make-renditions.ts';
import type { Recipe } from './manifest.ts';
import type { ListedObject, ObjectStore } from './object-store.ts';

/** What the use cases work with. */
export interface Pipeline {
  readonly originals: ObjectStore;
  readonly resized: ObjectStore;
  /** What is made of the original with this key. */
  readonly recipeOf: (key: string) => Recipe;
  readonly limits: Limits;
  readonly makeRenditions: (source: Buffer, settings: RenderSettings, deliver: Deliver) => Promise<MadeImage>;
  /** The objects in the output folder of an original. A batch lists the folders of all its images at once. */
  readonly listOutputs: (key: string) => Promise<readonly ListedObject[]>;
  /** Whether the outputs of an original are deleted when the original is deleted. */
  readonly removesWithOriginal: boolean;
}

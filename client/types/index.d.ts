export { toPicture } from './to-picture.js';
export { uploadImage } from './upload-image.js';
import type { Manifest as AManifest } from './manifest.js';
import type { Picture as APicture } from './to-picture.js';
import type { Progress as AProgress, UploadOptions as SomeUploadOptions } from './upload-image.js';
export type Manifest = AManifest;
export type Picture = APicture;
export type Progress = AProgress;
export type UploadOptions = SomeUploadOptions;
/** @import { Manifest as AManifest } from './manifest.js' */
/** @import { Picture as APicture } from './to-picture.js' */
/** @import { Progress as AProgress, UploadOptions as SomeUploadOptions } from './upload-image.js' */
/** @typedef {AManifest} Manifest */
/** @typedef {APicture} Picture */
/** @typedef {AProgress} Progress */
/** @typedef {SomeUploadOptions} UploadOptions */

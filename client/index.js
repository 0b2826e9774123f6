export { toPicture } from './to-picture.js';
export { uploadImage } from './upload-image.js';

/** @import { Manifest as AManifest } from './manifest.js' */
/** @import { Picture as APicture } from './to-picture.js' */
/** @import { Progress as AProgress, UploadOptions as SomeUploadOptions } from './upload-image.js' */

/** @typedef {AManifest} Manifest */
/** @typedef {APicture} Picture */
/** @typedef {AProgress} Progress */
/** @typedef {SomeUploadOptions} UploadOptions */

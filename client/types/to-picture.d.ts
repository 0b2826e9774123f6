import type { Manifest } from './manifest.js';
export type Picture = {
    /**
     * The attributes of the `<source>` elements, in this order.
     */
    sources: PictureSource[];
    /**
     * The attributes of the `<img>`; add `alt`.
     */
    img: PictureImage;
    /**
     * Missing if the image is transparent, because it would show through.
     */
    placeholder?: Placeholder;
};
export type PictureSource = {
    type: string;
    srcset: string;
    sizes: string;
};
export type PictureImage = {
    loading: 'lazy';
    decoding: 'async';
    /**
     * In pixels of the original, so that the browser reserves the space.
     */
    width: number;
    /**
     * In pixels of the original.
     */
    height: number;
    sizes: string;
    srcset?: string;
    src: string;
};
export type Placeholder = {
    /**
     * `#rrggbb`.
     */
    color: string;
    /**
     * A `data:` URL of the blurred image, for `center / cover`.
     */
    image: string;
};
/**
 * What a page needs to show an image, as plain data.
 * @param {Manifest} manifest
 * @param {object} options
 * @param {string} options.base The URL below which a CDN serves `output/`: the stack's output `ImagesUrl`.
 * @param {string} [options.sizes] The attribute `sizes`; by default the browser finds out itself.
 * @returns {Picture}
 * @throws {Error} with the name and the message of the manifest's error if the image was rejected; UnreachableKeyError
 *   if no URL can contain the image's key; NotAManifestError if the pipeline did not write the manifest.
 */
export declare function toPicture(manifest: Manifest, { base, sizes }: {
    base: string;
    sizes?: string;
}): Picture;
/**
 * @param {string} folder The URL of the manifest's folder, with a slash at its end.
 * @param {Manifest} manifest
 * @param {string} [sizes]
 * @returns {Picture}
 */
export declare function pictureIn(folder: string, manifest: Manifest, sizes?: string): Picture;

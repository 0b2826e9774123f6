export type Rendition = {
    /**
     * The name of its row in the table of renditions.
     */
    name: string;
    /**
     * Its key in the bucket of the resized images.
     */
    key: string;
    /**
     * Relative to the manifest's URL, with the version that lets a cache keep it for a year.
     */
    url?: string;
    /**
     * In pixels.
     */
    width: number;
    /**
     * In pixels.
     */
    height: number;
    format: string;
    bytes: number;
    etag: string;
    /**
     * From 1 to 100, on the format's own scale; missing if the file is lossless.
     */
    quality?: number;
    /**
     * Present only in animations.
     */
    frames?: number;
};
export type Source = {
    bucket: string;
    key: string;
    etag: string;
    format?: string;
    /**
     * In pixels of the upright image.
     */
    width?: number;
    /**
     * In pixels of the upright image.
     */
    height?: number;
    hasAlpha?: boolean;
    isPhotograph?: boolean;
    /**
     * 1 unless it is an animation.
     */
    frames?: number;
    bytes?: number;
    /**
     * Shares of the width and the height, if the image's recipe follows it.
     */
    focalPoint?: {
        x: number;
        y: number;
    };
};
export type Manifest = {
    status: 'RESIZED' | 'REJECTED';
    source: Source;
    renditions: readonly Rendition[];
    /**
     * By format: candidates relative to the manifest's URL.
     */
    srcset: Readonly<Record<string, string>>;
    placeholder?: {
        thumbHash: string;
        dominantColor: string;
    };
    /**
     * Present only if the image was rejected.
     */
    error?: {
        name: string;
        message: string;
    };
};
/**
 * @typedef {object} Rendition One file that was made of the image.
 * @property {string} name The name of its row in the table of renditions.
 * @property {string} key Its key in the bucket of the resized images.
 * @property {string} [url] Relative to the manifest's URL, with the version that lets a cache keep it for a year.
 * @property {number} width In pixels.
 * @property {number} height In pixels.
 * @property {string} format
 * @property {number} bytes
 * @property {string} etag
 * @property {number} [quality] From 1 to 100, on the format's own scale; missing if the file is lossless.
 * @property {number} [frames] Present only in animations.
 */
/**
 * @typedef {object} Source The upload. The facts about its content are missing if it was rejected.
 * @property {string} bucket
 * @property {string} key
 * @property {string} etag
 * @property {string} [format]
 * @property {number} [width] In pixels of the upright image.
 * @property {number} [height] In pixels of the upright image.
 * @property {boolean} [hasAlpha]
 * @property {boolean} [isPhotograph]
 * @property {number} [frames] 1 unless it is an animation.
 * @property {number} [bytes]
 * @property {{ x: number, y: number }} [focalPoint] Shares of the width and the height, if the image's recipe follows it.
 */
/**
 * @typedef {object} Manifest
 * @property {'RESIZED' | 'REJECTED'} status
 * @property {Source} source
 * @property {readonly Rendition[]} renditions
 * @property {Readonly<Record<string, string>>} srcset By format: candidates relative to the manifest's URL.
 * @property {{ thumbHash: string, dominantColor: string }} [placeholder]
 * @property {{ name: string, message: string }} [error] Present only if the image was rejected.
 */
/**
 * @param {string | URL} url
 * @param {RequestInit} [options]
 * @returns {Promise<Manifest | undefined>} undefined if there is no manifest.
 * @throws {Error} UnavailableError for any other status, NotAManifestError for any other content, and what `request` throws.
 */
export declare function fetchManifest(url: string | URL, options?: RequestInit): Promise<Manifest | undefined>;
/**
 * @param {Manifest} manifest
 * @throws {Error} with the name and the message of the reason, if the image was rejected.
 */
export declare function throwIfRejected({ status, error, source }: Manifest): void;
/**
 * The URL of the folder in which an image's renditions and its manifest are: `input/2026/a b.jpg` below
 * `https://images.example` gives `https://images.example/2026/a%20b.jpg/`.
 * @param {string} base The URL below which a CDN serves `output/`.
 * @param {string} key The key of the original.
 * @throws {Error} UnreachableKeyError for a key with a segment `.` or `..`, which every URL parser removes.
 */
export declare function folderUrl(base: string, key: string): string;
/**
 * Percent-encodes everything but the unreserved characters of RFC 3986.
 * @param {string} text
 */
export declare function encode(text: string): string;

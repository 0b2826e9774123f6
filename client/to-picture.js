import { encode, folderUrl, throwIfRejected } from './manifest.js';
import { namedError } from './named-error.js';
import { thumbHashToDataURL } from './vendor/thumbhash.js';

/** @import { Manifest, Rendition } from './manifest.js' */

/**
 * @typedef {object} Picture
 * @property {PictureSource[]} sources The attributes of the `<source>` elements, in this order.
 * @property {PictureImage} img The attributes of the `<img>`; add `alt`.
 * @property {Placeholder} [placeholder] Missing if the image is transparent, because it would show through.
 */

/**
 * @typedef {object} PictureSource
 * @property {string} type
 * @property {string} srcset
 * @property {string} sizes
 */

/**
 * @typedef {object} PictureImage
 * @property {'lazy'} loading
 * @property {'async'} decoding
 * @property {number} width In pixels of the original, so that the browser reserves the space.
 * @property {number} height In pixels of the original.
 * @property {string} sizes
 * @property {string} [srcset]
 * @property {string} src
 */

/**
 * @typedef {object} Placeholder What to show until the image is loaded, as its background.
 * @property {string} color `#rrggbb`.
 * @property {string} image A `data:` URL of the blurred image, for `center / cover`.
 */

/** The first format that the browser knows is shown. */
const FORMATS = ['avif', 'webp', 'png', 'gif', 'jpeg'];

/** What the pipeline writes: a file with its version, and a list of candidates. */
const FILE = /^[\w.~%-]+(\?v=\w+)?$/;
const CANDIDATES = /^([\w.~%-]+(\?v=\w+)? \d+w(, |$))+$/;
const COLOR = /^#[0-9a-f]{6}$/i;

/**
 * A lazy image is loaded after the layout, so the browser knows its width: Chrome and Edge since 126, Firefox since 150.
 * Other browsers skip the first entry; for them the image is sharp in every layout.
 */
const SIZES = 'auto, 100vw';

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
export function toPicture(manifest, { base, sizes }) {
  throwIfRejected(manifest);
  return pictureIn(folderUrl(base, manifest.source.key), manifest, sizes);
}

/**
 * @param {string} folder The URL of the manifest's folder, with a slash at its end.
 * @param {Manifest} manifest
 * @param {string} [sizes]
 * @returns {Picture}
 */
export function pictureIn(folder, manifest, sizes = SIZES) {
  throwIfRejected(manifest);
  const { source, renditions, placeholder } = manifest;
  const fallback = renditions.find(({ name }) => name === 'fallback') ?? renditions[0];
  if (!fallback)
    throw namedError('NotAManifestError', `Expected renditions of ${source.key} but there are none.`);
  requirePlain(manifest);

  const formats = rankFormats(manifest);
  const last = formats.at(-1) === fallback.format ? formats.pop() : undefined;
  /** @param {string} format */
  const srcset = (format) =>
    candidates(manifest, format)
      .map((candidate) => folder + candidate)
      .join(', ');
  return {
    sources: formats.map((format) => ({ type: `image/${format}`, srcset: srcset(format), sizes })),
    img: {
      // Before src: some browsers start to load when they see it.
      loading: 'lazy',
      decoding: 'async',
      width: Number(source.width ?? fallback.width),
      height: Number(source.height ?? fallback.height),
      sizes,
      ...(last && { srcset: srcset(last) }),
      src: folder + fileUrl(fallback),
    },
    ...(placeholder &&
      !source.hasAlpha && {
        placeholder: { color: placeholder.dominantColor, image: decodeThumbHash(placeholder.thumbHash) },
      }),
  };
}

/**
 * A server may write the picture as HTML, and the manifest may come from a visitor: nothing in the picture may end an
 * attribute or a rule of CSS.
 * @param {Manifest} manifest
 */
function requirePlain({ source, renditions, srcset, placeholder }) {
  if (
    renditions.every((rendition) => FILE.test(fileUrl(rendition))) &&
    Object.values(srcset).every((list) => CANDIDATES.test(list)) &&
    (!placeholder || COLOR.test(placeholder.dominantColor))
  )
    return;
  throw namedError(
    'NotAManifestError',
    `Expected file names and a colour as the pipeline writes them in the manifest of ${source.key} but received others.`,
  );
}

/**
 * The formats that the whole image exists in, animations first: a still of an animation is the worse picture.
 * @param {Manifest} manifest
 */
function rankFormats(manifest) {
  const { renditions, srcset } = manifest;
  const animated = new Set(
    renditions
      .filter(({ frames }) => frames !== undefined)
      .filter((rendition) =>
        candidates(manifest, rendition.format).some((candidate) =>
          candidate.startsWith(`${fileUrl(rendition)} `),
        ),
      )
      .map(({ format }) => format),
  );
  return FORMATS.filter((format) => srcset[format]).sort(
    (a, b) => Number(animated.has(b)) - Number(animated.has(a)),
  );
}

/**
 * @param {Manifest} manifest
 * @param {string} format
 */
function candidates({ srcset }, format) {
  return (srcset[format] ?? '').split(', ');
}

/** @param {Rendition} rendition */
function fileUrl({ url, key }) {
  return url ?? encode(key.slice(key.lastIndexOf('/') + 1));
}

/** @param {string} base64 */
function decodeThumbHash(base64) {
  return thumbHashToDataURL(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

import { fetchManifest } from './manifest.js';
import { namedError } from './named-error.js';
import { pictureIn } from './to-picture.js';

/** @import { Manifest } from './manifest.js' */

/**
 * `<pipeline-image src="https://images.example/2026/cat.jpg/manifest.json" alt="A cat">` shows an image of the pipeline:
 * a blurred placeholder at once, then the best file for this browser and this layout.
 *
 * The attributes `sizes`, `loading`, `fetchpriority`, `width` and `height` are those of `<img>`; images are lazy by
 * default. `width` and `height` reserve the space before the manifest is there. The events are those of `<img>` too:
 * `load`, and `error` with the reason as `error` if there is nothing to show.
 *
 * The `<picture>` is an ordinary child, in no shadow tree, so that the page's own rules for `img` apply to it.
 */
export class PipelineImage extends HTMLElement {
  static observedAttributes = ['src', 'alt', 'sizes', 'loading', 'fetchpriority', 'width', 'height'];

  /** @type {{ manifest: Manifest, folder: string } | undefined} */
  #loaded;
  /** @type {AbortController | undefined} */
  #loading;
  #isStale = false;

  connectedCallback() {
    addDefaultStyle(this.getRootNode());
    this.#update();
  }

  disconnectedCallback() {
    if (!this.#loading) return;
    this.#loading.abort();
    this.#isStale = true;
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} after
   */
  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    const image = this.querySelector('img');
    if (name === 'alt' && image && after !== null) {
      image.alt = after;
      return;
    }
    if (name === 'src') this.#loaded = undefined;
    this.#isStale = true;
    this.#update();
  }

  /** After all attributes are set that are set together. */
  #update() {
    queueMicrotask(() => {
      if (!this.#isStale || !this.isConnected) return;
      this.#isStale = false;
      if (this.#loaded) this.#show(this.#loaded);
      else this.#load();
    });
  }

  async #load() {
    this.#loading?.abort();
    this.#loading = undefined;
    this.replaceChildren(...this.#space());
    const src = this.getAttribute('src');
    if (!src) return;
    const loading = new AbortController();
    this.#loading = loading;
    try {
      const url = new URL(src, this.baseURI);
      const manifest = await fetchManifest(url, { signal: loading.signal });
      loading.signal.throwIfAborted();
      if (!manifest)
        throw namedError('MissingManifestError', `Expected a manifest at ${url} but there is none.`);
      const loaded = { manifest, folder: new URL('./', url).href };
      this.#show(loaded);
      this.#loaded = loaded;
    } catch (error) {
      if (!loading.signal.aborted) this.#fail(error);
    }
    if (this.#loading === loading) this.#loading = undefined;
  }

  /** A canvas that nobody draws on has the proportions that an image would have, and costs nothing. */
  #space() {
    const width = Number(this.getAttribute('width'));
    const height = Number(this.getAttribute('height'));
    if (!width || !height) return [];
    return [Object.assign(document.createElement('canvas'), { width, height })];
  }

  /** @param {{ manifest: Manifest, folder: string }} loaded */
  #show({ manifest, folder }) {
    const { sources, img, placeholder } = pictureIn(
      folder,
      manifest,
      this.getAttribute('sizes') ?? undefined,
    );
    const image = document.createElement('img');
    if (placeholder)
      image.style.background = `${placeholder.color} url("${placeholder.image}") center / cover no-repeat`;
    image.onload = async () => {
      if (this.contains(image)) this.dispatchEvent(new Event('load'));
      // A browser may paint other things while it still decodes: the placeholder fills that time.
      await image.decode().catch(() => {});
      image.style.background = '';
    };
    image.onerror = () => {
      image.style.background = '';
      if (!this.contains(image)) return;
      this.#report(
        namedError('ImageError', `Expected an image at ${image.currentSrc} but could not show it.`),
      );
    };
    if (!this.hasAttribute('alt'))
      console.warn(
        `Expected an alt attribute on <pipeline-image src="${this.getAttribute('src')}">: describe the image, or set alt="" if it is only decoration.`,
      );
    const picture = document.createElement('picture');
    picture.append(
      ...sources.map((source) => withAttributes(document.createElement('source'), source)),
      image,
    );
    withAttributes(image, { ...img, ...this.#size(img), ...this.#own('alt', 'loading', 'fetchpriority') });
    this.replaceChildren(picture);
  }

  /**
   * The size that the page has set, if any; a missing side follows from the proportions.
   * @param {{ width: number, height: number }} image
   */
  #size({ width, height }) {
    const own = { width: Number(this.getAttribute('width')), height: Number(this.getAttribute('height')) };
    if (own.width)
      return { width: own.width, height: own.height || Math.round((own.width * height) / width) };
    if (own.height) return { width: Math.round((own.height * width) / height), height: own.height };
    return {};
  }

  /** @param {string[]} names of attributes; those that the page has not set are left out. */
  #own(...names) {
    return Object.fromEntries(
      names.map((name) => [name, this.getAttribute(name)]).filter(([, value]) => value !== null),
    );
  }

  /** @param {unknown} error */
  #fail(error) {
    this.replaceChildren(this.getAttribute('alt') ?? '');
    this.#report(error);
  }

  /** @param {unknown} error */
  #report(error) {
    const message = error instanceof Error ? error.message : String(error);
    this.dispatchEvent(new ErrorEvent('error', { error, message }));
  }
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Record<string, unknown>} attributes
 */
function withAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/** In the first layer of the page, so that every rule of the page goes before it. */
const DEFAULT_STYLE = `@layer pipeline-image {
  pipeline-image:not([hidden]) { display: block }
  pipeline-image :is(img, canvas) { display: block; max-width: 100%; height: auto }
}`;

/** @type {WeakSet<Node>} */
const styledRoots = new WeakSet();

/** @param {Node} root The page, or the shadow tree that the element is in. */
function addDefaultStyle(root) {
  if (styledRoots.has(root)) return;
  styledRoots.add(root);
  const style = document.createElement('style');
  style.textContent = DEFAULT_STYLE;
  const isShadow = root instanceof ShadowRoot;
  (isShadow ? root : document.head).prepend(style);
  if (style.sheet) return;
  // A Content-Security-Policy forbids style elements. It does not apply to this, which goes after the page's layers.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(DEFAULT_STYLE);
  (isShadow ? root : document).adoptedStyleSheets.push(sheet);
}

if (!customElements.get('pipeline-image')) customElements.define('pipeline-image', PipelineImage);

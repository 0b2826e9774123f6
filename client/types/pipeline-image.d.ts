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
export declare class PipelineImage extends HTMLElement {
    #private;
    static observedAttributes: string[];
    connectedCallback(): void;
    disconnectedCallback(): void;
    /**
     * @param {string} name
     * @param {string | null} before
     * @param {string | null} after
     */
    attributeChangedCallback(name: string, before: string | null, after: string | null): void;
}

// The code and the names of docs/deliver.md.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { transform } from 'esbuild';
import { toPicture } from 'image-pipeline-client';
import { readReal } from '../support/template-file.ts';

const text = readFileSync('docs/deliver.md', 'utf8');

/** An element that JSX has made, in place of React's. */
interface Element {
  readonly type: string | ((properties: object) => Element);
  readonly properties: Readonly<Record<string, unknown>>;
  readonly children: readonly unknown[];
}

const MANIFEST = {
  status: 'RESIZED' as const,
  source: { bucket: 'b', key: 'input/2026/a b.jpg', etag: 'e', width: 900, height: 600, hasAlpha: false },
  renditions: [
    rendition('small', 'avif', 640, 427),
    rendition('medium', 'avif', 900, 600),
    rendition('fallback', 'jpeg', 900, 600),
  ],
  srcset: { avif: 'small.avif?v=e 640w, medium.avif?v=e 900w', jpeg: 'fallback.jpg?v=e 900w' },
  placeholder: { thumbHash: '3OcRJYB4d3h/iIeHeEh3eIhw+j3A', dominantColor: '#aabbcc' },
};

function rendition(name: string, format: string, width: number, height: number) {
  const file = `${name}.${format === 'jpeg' ? 'jpg' : format}`;
  return {
    name,
    key: `output/2026/a b.jpg/${file}`,
    url: `${file}?v=e`,
    width,
    height,
    format,
    bytes: 1,
    etag: 'e',
  };
}

/** Calls the React component `name` that the page shows. */
async function render(name: string, properties: object): Promise<Element> {
  const blocks = [...text.matchAll(/```jsx\n(.*?)```/gs)].map(([, code = '']) => code);
  const block = blocks.find((code) => code.includes(`export function ${name}(`)) ?? '';
  const source = block.replaceAll(/^import .*$|^'use client';$/gm, '').replace('export function', 'function');
  const { code } = await transform(source, { loader: 'jsx', jsxFactory: 'h' });
  const h = (type: Element['type'], given: object | null, ...children: unknown[]): Element => ({
    type,
    properties: { ...given },
    children: children.flat(),
  });
  const names = ['h', 'toPicture', 'imagesUrl', 'Image'];
  return new Function(...names, `${code}\nreturn ${name};`)(
    h,
    toPicture,
    'https://images.example',
    'Image',
  )(properties);
}

describe('docs/deliver.md', () => {
  it('docs/deliver.md names only parameters and outputs that the template has', () => {
    const { parameters, outputs } = readReal({
      Announce: 'true',
      BrowserUploads: 'true',
      CorsOrigin: 'https://www.example.com',
      Delivery: 'CLOUDFRONT',
      ExistingOriginalImagesBucket: 'originals-of-mine',
      ExistingResizedImagesBucket: 'renditions-of-mine',
      KmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/1234abcd',
    });
    const set = [...text.matchAll(/\b([A-Z]\w+)=/g)].map(([, name = '']) => name);
    expect(set).to.include.members(['Delivery', 'BrowserUploads', 'CorsOrigin', 'ImagesDomainName']);
    expect(Object.keys(parameters)).to.include.members(set);
    const named = [...text.matchAll(/`((?:\w+)(?:Url|Statements?|CorsRule))`/g)].map(([, name = '']) => name);
    expect(named).to.include.members(['UploadsUrl', 'ImagesUrl', 'KmsKeyPolicyStatement']);
    expect(Object.keys(outputs)).to.include.members(named.filter((name) => /^[A-Z]/.test(name)));
  });

  it('The React component of docs/deliver.md makes a <picture> of the manifest', async () => {
    const { type, children } = await render('Picture', { manifest: MANIFEST, alt: 'A cat' });
    expect(type).to.equal('picture');
    expect(children.map((child) => Object(child).type)).to.deep.equal(['source', 'img']);
    const [source, img] = children.map((child) => Object(child).properties);
    expect(source).to.include({
      type: 'image/avif',
      srcSet:
        'https://images.example/2026/a%20b.jpg/small.avif?v=e 640w, https://images.example/2026/a%20b.jpg/medium.avif?v=e 900w',
    });
    expect(img).to.include({ alt: 'A cat', width: 900, height: 600, loading: 'lazy' });
    expect(img.style.background).to.match(/^#aabbcc url\(data:image\/png;base64,/);
  });

  it('The loader for Next in docs/deliver.md takes the smallest file that is wide enough, or else the largest', async () => {
    const { properties } = await render('PipelineImage', { manifest: MANIFEST, alt: 'A cat' });
    const loader: unknown = properties.loader;
    if (typeof loader !== 'function') throw new Error('Expected a loader but there is none.');
    for (const [width, file] of [
      [320, 'small.avif'],
      [640, 'small.avif'],
      [750, 'medium.avif'],
      [3840, 'medium.avif'],
    ] as const)
      expect(loader({ width })).to.equal(`https://images.example/2026/a%20b.jpg/${file}?v=e`);
    expect(properties).to.include({ width: 900, height: 600, alt: 'A cat' });
  });
});

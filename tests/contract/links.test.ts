// The links between the pages: files and headings that they lead to.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';

const PAGES = globSync('**/*.md', { exclude: (name) => name.endsWith('node_modules') });

const withoutCode = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');

/** The headings of a page as GitHub names them in addresses. */
function headingsOf(page: string): Set<string> {
  const headings = withoutCode(readFileSync(page, 'utf8')).matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** The links of a page that lead nowhere. */
function brokenLinks(page: string): string[] {
  const links = withoutCode(readFileSync(page, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].flatMap(([, link = '']) => {
    if (/^https?:/.test(link)) return [];
    const [path = '', heading] = link.split('#');
    const target = path === '' ? page : relative('', join(dirname(page), path));
    const isThere = existsSync(target) && (heading === undefined || headingsOf(target).has(heading));
    return isThere ? [] : [link];
  });
}

describe('The links of the pages', () => {
  it('There are pages in several folders, and headings with marks are found', () => {
    expect(PAGES).to.include.members([
      'README.md',
      'docs/operate.md',
      'client/README.md',
      'runtime/README.md',
    ]);
    expect([...headingsOf('docs/operate.md')]).to.include('a-version-for-this-lambda-function-exists');
    expect([...headingsOf('client/README.md')]).to.include('topicture');
  });

  for (const page of PAGES)
    it(`Each link of ${page} leads to a file, and to a heading of it`, () => {
      expect(brokenLinks(page)).to.deep.equal([]);
    });
});

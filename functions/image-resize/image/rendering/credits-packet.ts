import type { Credits } from '../reading/credits.ts';

/**
 * Writes credits as XMP, which JPEG, PNG, WebP and AVIF can contain, in the properties of the IPTC Photo Metadata Standard.
 * @returns undefined if there are none.
 */
export function formatCredits({ copyright, artists = [], credit }: Credits): string | undefined {
  if (!copyright && artists.length === 0 && !credit) return undefined;
  const properties = [
    copyright &&
      `<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(copyright)}</rdf:li></rdf:Alt></dc:rights>`,
    artists.length > 0 && `<dc:creator><rdf:Seq>${artists.map(listItem).join('')}</rdf:Seq></dc:creator>`,
    credit && `<photoshop:Credit>${escapeXml(credit)}</photoshop:Credit>`,
  ];
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"',
    credit ? ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">' : '>',
    ...properties.filter((property) => property),
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>',
  ].join('');
}

function listItem(text: string): string {
  return `<rdf:li>${escapeXml(text)}</rdf:li>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

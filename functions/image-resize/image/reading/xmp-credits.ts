import sax from 'sax';
import type { Credits } from './credits.ts';

const DUBLIN_CORE = 'http://purl.org/dc/elements/1.1/';
const PHOTOSHOP = 'http://ns.adobe.com/photoshop/1.0/';
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';

/** By namespace and name, the property that each field is (IPTC Photo Metadata Standard 2023.1). */
const FIELDS: Readonly<Record<string, keyof Credits>> = {
  [`${DUBLIN_CORE}rights`]: 'copyright',
  [`${DUBLIN_CORE}creator`]: 'artists',
  [`${PHOTOSHOP}Credit`]: 'credit',
};

/** Cameras and Lightroom write some KiB; a history of edits may have megabytes. */
const MAX_BYTES = 1024 * 1024;

/** @returns nothing of a packet that is no XML, or too long. */
export function readXmpCredits(xmp: Buffer): Credits {
  if (xmp.length > MAX_BYTES) return {};
  try {
    const { copyright, artists, credit } = readFields(xmp.toString('utf8'));
    return { copyright: copyright[0] ?? '', artists, credit: credit[0] ?? '' };
  } catch {
    return {};
  }
}

/** A property is an attribute, an element with a text, or one with a list of `rdf:li`. */
function readFields(text: string): Record<keyof Credits, string[]> {
  const found: Record<keyof Credits, string[]> = { copyright: [], artists: [], credit: [] };
  const xml = sax.parser(true, { xmlns: true });
  let field: keyof Credits | undefined;
  let value = '';
  const endValue = () => {
    if (field && value.trim()) found[field].push(value);
    value = '';
  };
  xml.onopentag = (tag) => {
    if (!('uri' in tag)) return;
    value = '';
    field = FIELDS[tag.uri + tag.local] ?? (tag.uri === RDF ? field : undefined);
    for (const { uri, local, value: attribute } of Object.values(tag.attributes)) {
      const named = FIELDS[uri + local];
      if (named) found[named].push(attribute);
    }
  };
  xml.ontext = (more) => {
    value += more;
  };
  xml.oncdata = (more) => {
    value += more;
  };
  xml.onclosetag = (name) => {
    endValue();
    if (!/:(li|Alt|Seq|Bag)$/.test(name)) field = undefined;
  };
  xml.onerror = (error) => {
    throw error;
  };
  xml.write(text).close();
  return found;
}

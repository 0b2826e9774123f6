import sax from 'sax';
import type { Credits } from './credits.ts';
import { type Attribute, Namespaces } from './xml-namespaces.ts';

const DUBLIN_CORE = 'http://purl.org/dc/elements/1.1/';
const PHOTOSHOP = 'http://ns.adobe.com/photoshop/1.0/';
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';

/** By namespace and name, the property that each field is (IPTC Photo Metadata Standard 2023.1). */
const FIELDS: ReadonlyMap<string, keyof Credits> = new Map([
  [`${DUBLIN_CORE} rights`, 'copyright'],
  [`${DUBLIN_CORE} creator`, 'artists'],
  [`${PHOTOSHOP} Credit`, 'credit'],
]);
const LISTS: readonly string[] = ['li', 'Alt', 'Seq', 'Bag'].map((name) => `${RDF} ${name}`);

/** @returns nothing of a packet that is no XML. */
export function readXmpCredits(xmp: Buffer): Credits {
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
  const xml = sax.parser(true);
  const namespaces = new Namespaces();
  let attributes: Attribute[] = [];
  let field: keyof Credits | undefined;
  let value = '';
  const read = (more: string) => {
    value += more;
  };
  xml.onattribute = (attribute) => void attributes.push(attribute);
  xml.onopentag = ({ name }) => {
    namespaces.open(attributes);
    const property = namespaces.expand(name);
    field = FIELDS.get(property) ?? (property.startsWith(`${RDF} `) ? field : undefined);
    for (const attribute of attributes) {
      const named = FIELDS.get(namespaces.expand(attribute.name));
      if (named) found[named].push(attribute.value);
    }
    [attributes, value] = [[], ''];
  };
  xml.ontext = read;
  xml.oncdata = read;
  xml.onclosetag = (name) => {
    if (field && value.trim()) found[field].push(value);
    value = '';
    if (!LISTS.includes(namespaces.expand(name))) field = undefined;
    namespaces.close();
  };
  xml.onerror = (error) => {
    throw error;
  };
  xml.write(text).close();
  return found;
}

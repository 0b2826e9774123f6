import { expect } from 'chai';
import fc from 'fast-check';
import { readIptcCredits } from '../../../../functions/image-resize/image/reading/iptc-credits.ts';
import { readCredits } from '../../../../functions/image-resize/image/reading/read-credits.ts';
import { readXmpCredits } from '../../../../functions/image-resize/image/reading/xmp-credits.ts';
import { formatCredits } from '../../../../functions/image-resize/image/rendering/credits-packet.ts';
import { assembleTiff, greyPage, TIFF_DATA_START, TIFF_LAYOUTS } from '../tiff/handmade-tiff.ts';
import {
  EXIF_CREDITS,
  IPTC_CREDITS,
  withAll,
  withExif,
  withIptc,
  withoutCredits,
  withXmp,
  XMP,
  XMP_CREDITS,
} from './credit-kinds.ts';

describe('The credits of a file', () => {
  for (const [what, make, expected] of [
    ['a JPEG with EXIF', () => withExif().jpeg().toBuffer(), EXIF_CREDITS],
    ['a PNG with EXIF', () => withExif().png().toBuffer(), EXIF_CREDITS],
    ['a WebP with EXIF', () => withExif().webp().toBuffer(), EXIF_CREDITS],
    ['an AVIF with EXIF', () => withExif().avif().toBuffer(), EXIF_CREDITS],
    ['a JPEG with IPTC', withIptc, IPTC_CREDITS],
    ['a JPEG with XMP', () => withXmp().jpeg().toBuffer(), XMP_CREDITS],
    ['a PNG with XMP', () => withXmp().png().toBuffer(), XMP_CREDITS],
    ['a WebP with XMP', () => withXmp().webp().toBuffer(), XMP_CREDITS],
    ['an AVIF with XMP', () => withXmp().avif().toBuffer(), XMP_CREDITS],
    ['a TIFF with XMP', () => withXmp().tiff().toBuffer(), XMP_CREDITS],
    ['a JPEG with all three, of which XMP comes first', withAll, XMP_CREDITS],
    ['a JPEG without metadata', () => withoutCredits().jpeg().toBuffer(), {}],
    ['a file that is no image', async () => Buffer.from('text'), {}],
  ] as const)
    it(`The credits of ${what} are read`, async () => {
      expect(await readCredits(await make())).to.deep.equal(expected);
    });

  for (const layout of TIFF_LAYOUTS)
    it(`The credits of a TIFF are those of its first page, if it is ${JSON.stringify(layout)}`, async () => {
      const data = Buffer.from('\0Ann Tiff\0(c) Tiff\0');
      const page = [
        ...greyPage(),
        [0x13b, 2, 9, TIFF_DATA_START + 1],
        [0x8298, 2, 9, TIFF_DATA_START + 10],
      ] as const;
      expect(await readCredits(assembleTiff([page], { ...layout, data }))).to.deep.equal({
        artists: ['Ann Tiff'],
        copyright: '(c) Tiff',
      });
    });

  it('The credits that one kind of metadata lacks come from the next one', async () => {
    const source = await withAll();
    const withoutRights = Buffer.from(
      source.toString('latin1').replaceAll('dc:rights', 'dc:wrongs'),
      'latin1',
    );
    expect(await readCredits(withoutRights)).to.deep.equal({ ...XMP_CREDITS, copyright: '(c) Iptc' });
  });

  it('The credits of a packet with other prefixes are those of its namespaces', () => {
    const other = XMP.replaceAll('dc:', 'core:').replace('xmlns:dc', 'xmlns:core');
    expect(readXmpCredits(Buffer.from(other.replace('xmlns:dc=', 'xmlns:core=')))).to.deep.include({
      artists: XMP_CREDITS.artists,
    });
    expect(
      readXmpCredits(Buffer.from(XMP.replace('http://purl.org/dc', 'http://other.org/dc'))),
    ).to.deep.include({
      artists: [],
    });
  });

  for (const [what, xmp] of [
    ['ends early', XMP.slice(0, 700)],
    ['is no XML', 'GPS'],
    ['has an entity that its DTD declares', `<!DOCTYPE x [<!ENTITY a "b">]>${XMP.replace('Bob', '&a;')}`],
    ['has 200 tags in each other', XMP.replace('a secret', '<a>'.repeat(200) + '</a>'.repeat(200))],
  ] as const)
    it(`The credits of a packet that ${what} are none`, () => {
      expect(readXmpCredits(Buffer.from(xmp))).to.deep.equal({});
    });

  it('The credits of a packet of more than 1 MiB are those of other metadata', async () => {
    const long = XMP.replace('a secret', 'x'.repeat(1024 * 1024));
    expect(await readCredits(await withExif().withXmp(long).webp().toBuffer())).to.deep.equal(EXIF_CREDITS);
  });

  it('The credits of a TIFF with an artist of more than 32 KiB have no artist', async () => {
    const data = Buffer.from(`(c) Tiff\0${';a'.repeat(17_000)}`);
    const page = [
      ...greyPage(),
      [0x13b, 2, 34_000, TIFF_DATA_START + 9],
      [0x8298, 2, 9, TIFF_DATA_START],
    ] as const;
    expect(await readCredits(assembleTiff([page], { ...TIFF_LAYOUTS[0], data }))).to.deep.equal({
      copyright: '(c) Tiff',
    });
  });

  for (const [what, added, ...artists] of [
    ['a tag that is named as a method of each object', '<constructor/>'],
    ['an attribute that is named as a method of each object', '<a toString="x"/>'],
    ['a place inside the copyright', '<dc:rights><exif:GPSLatitude>48,8N</exif:GPSLatitude></dc:rights>'],
    ['a place after the copyright', '<exif:GPSLatitude>48,8N</exif:GPSLatitude>'],
    [
      'a place whose prefix is that of the copyright',
      '<a xmlns:dc="http://ns.adobe.com/exif/1.0/"><dc:rights>48,8N</dc:rights></a>',
    ],
    [
      'a namespace that ends within the name',
      '<a xmlns:e="http://purl.org/dc/elements/1.1/rig"><e:hts>x</e:hts></a>',
    ],
    [
      'a place as text after a list',
      '<dc:creator><rdf:Seq><rdf:li>A</rdf:li></rdf:Seq></dc:creator>48,8N',
      'A',
    ],
    ['an artist in CDATA', '<dc:creator><![CDATA[A & B]]></dc:creator>', 'A & B'],
    [
      'a list without prefixes',
      '<a xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><dc:creator><Seq><li>A</li><li>B</li></Seq></dc:creator></a>',
      'A',
      'B',
    ],
  ] as const)
    it(`The credits of a packet with ${what} are read`, () => {
      const rdf = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
      const namespaces = `xmlns:rdf="${rdf}" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"`;
      const own = '<dc:rights>(c)</dc:rights>';
      for (const packet of [added + own, own + added])
        expect(
          readXmpCredits(Buffer.from(`<rdf:RDF ${namespaces}>${packet}</rdf:RDF>`)),
          packet,
        ).to.deep.equal({
          copyright: '(c)',
          artists,
          credit: '',
        });
    });

  it('The credits of IPTC are those of its second record, without texts of 32 KiB and more', () => {
    const dataset = (record: number, number: number, text: string) =>
      Buffer.concat([
        Buffer.of(0x1c, record, number, text.length >> 8, text.length & 255),
        Buffer.from(text),
      ]);
    const read = (...datasets: Buffer[]) => readIptcCredits(Buffer.concat(datasets));
    const none = { copyright: '', artists: [], credit: '' };
    expect(read(dataset(3, 80, 'Ann'), dataset(2, 80, 'Bob'))).to.deep.equal({ ...none, artists: ['Bob'] });
    expect(read(dataset(2, 116, 'a'.repeat(32_768)))).to.deep.equal(none);
  });

  it('The credits of a packet are cut to ten artists and 500 characters', async () => {
    const packet = formatCredits({
      copyright: '🐈'.repeat(501),
      artists: Array.from({ length: 11 }, (_, number) => `artist ${number}`),
    });
    const { copyright, artists } = await readCredits(
      await withoutCredits()
        .withXmp(packet ?? '')
        .webp()
        .toBuffer(),
    );
    expect(copyright).to.equal('🐈'.repeat(500));
    expect(artists).to.have.lengthOf(10);
  });

  it('The credits of a TIFF with IPTC of more than 1 MiB are those of other metadata', async () => {
    const iptc = Buffer.alloc(1024 * 1024 + 1);
    Buffer.from([0x1c, 2, 80, 0, 3, 0x41, 0x6e, 0x6e]).copy(iptc);
    const read = (bytes: number) => {
      const page = [...greyPage(), [0x83bb, 7, bytes, TIFF_DATA_START]] as const;
      return readCredits(assembleTiff([page], { ...TIFF_LAYOUTS[0], data: iptc }));
    };
    expect(await read(iptc.length - 1)).to.deep.equal({ artists: ['Ann'] });
    expect(await read(iptc.length)).to.deep.equal({});
  });

  for (const [what, read] of [
    ['100,000 attributes', () => readXmpCredits(Buffer.from(`<a ${'a="1" '.repeat(100_000)}/>`))],
    [
      '60,000 attributes of different names',
      () =>
        readXmpCredits(
          Buffer.from(`<a ${Array.from({ length: 60_000 }, (_, n) => `a${n}="1"`).join(' ')}/>`),
        ),
    ],
    ['60,000 namespaces in each other', () => readXmpCredits(Buffer.from('<a xmlns:b="c">'.repeat(60_000)))],
    [
      '100,000 artists in IPTC',
      () => readIptcCredits(Buffer.concat(Array(100_000).fill(Buffer.of(0x1c, 2, 80, 0, 0)))),
    ],
  ] as const)
    it(`The credits of metadata with ${what} take less than three seconds of CPU`, () => {
      const before = process.cpuUsage();
      read();
      expect(process.cpuUsage(before).user / 1e6).to.be.below(3);
    });

  it('No bytes of metadata make the reader fail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        readXmpCredits(Buffer.from(bytes));
        readIptcCredits(Buffer.concat([Buffer.from([0x1c, 2]), bytes]));
      }),
    );
  });

  it('No damage to a file makes the reader fail', async () => {
    const source = await withAll();
    const place = fc.nat({ max: source.length - 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, fc.nat({ max: 255 })), { maxLength: 20 }), async (damage) => {
        const damaged = Buffer.from(source);
        for (const [at, byte] of damage) damaged[at] = byte;
        await readCredits(damaged);
      }),
    );
  });
});

describe('The packet of credits', () => {
  it('The packet of credits is read again as what was written', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((any) => any.replaceAll(/\s+/g, ' ').trim() || '&amp;');
    fc.assert(
      fc.property(text, fc.array(text), text, (copyright, artists, credit) => {
        const credits = { copyright, artists, credit };
        expect(readXmpCredits(Buffer.from(formatCredits(credits) ?? ''))).to.deep.equal(credits);
      }),
    );
  });

  it('The packet of credits is missing if there are none', () => {
    expect(formatCredits({})).to.equal(undefined);
  });
});

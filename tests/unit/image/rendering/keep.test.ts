import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../../../../functions/image-resize/image/make-renditions.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { withAll, withoutCredits } from '../reading/credit-kinds.ts';

const FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
const KEPT: readonly RenditionRow[] = FORMATS.map((format) => ({
  name: format,
  width: 40,
  format,
  keep: ['copyright'],
}));
const PLAIN: readonly RenditionRow[] = FORMATS.map((format) => ({
  name: `plain-${format}`,
  width: 40,
  format,
}));

/** Parts of the source's metadata that must not be kept, in the bytes of any encoding of it. */
const SECRETS = /GPS|Camera of mine|Darkroom|Berlin|München|a secret|Rating|Exif\0/;

async function make(source: Buffer, rows: readonly RenditionRow[]): Promise<Map<string, Buffer>> {
  const made = new Map<string, Buffer>();
  await makeRenditions(source, { rows, limits: DEFAULT_LIMITS }, async ({ name, body }) => {
    made.set(name, body);
  });
  return made;
}

/** The packet that every rendition of the source has. Another reader has read it, as the last test does. */
const PACKET = [
  '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">',
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""',
  ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">',
  '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2026 Xmp &lt;&amp;&gt; Söhne</rdf:li></rdf:Alt></dc:rights>',
  '<dc:creator><rdf:Seq><rdf:li>Änn Xmp</rdf:li><rdf:li>Bob Xmp</rdf:li></rdf:Seq></dc:creator>',
  '<photoshop:Credit>The "Agency"</photoshop:Credit>',
  '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>',
].join('');

/** What exiftool reads of it, by group and tag. */
const READ = {
  'XMP-dc:Rights': '© 2026 Xmp <&> Söhne',
  'XMP-dc:Creator': ['Änn Xmp', 'Bob Xmp'],
  'XMP-photoshop:Credit': 'The "Agency"',
};

describe("A row that keeps ['copyright']", () => {
  for (const format of FORMATS)
    it(`A row that keeps ['copyright'] has copyright, artists and credit in ${format}, and nothing else of the source`, async () => {
      const source = await withAll();
      expect(source.toString('latin1')).to.match(/GPS/);
      const [body = Buffer.of()] = (
        await make(
          source,
          KEPT.filter(({ name }) => name === format),
        )
      ).values();
      const { xmp, exif, iptc, hasProfile } = await sharp(body).metadata();
      expect(xmp?.toString()).to.equal(PACKET);
      expect({ exif, iptc, hasProfile }).to.deep.equal({
        exif: undefined,
        iptc: undefined,
        hasProfile: false,
      });
      for (const encoding of ['latin1', 'utf8', 'utf16le'] as const)
        expect(body.toString(encoding)).not.to.match(SECRETS);
    });

  it("A row without keep has no metadata, although another row of the same pixels keeps ['copyright']", async () => {
    const made = await make(await withAll(), [...KEPT, ...PLAIN]);
    for (const format of FORMATS) {
      const [kept, plain] = [made.get(format), made.get(`plain-${format}`)];
      expect(await sharp(plain).metadata()).not.to.have.any.keys('xmp', 'exif', 'iptc');
      const added = (kept?.length ?? 0) - (plain?.length ?? 0);
      // PNG compresses it.
      expect(added, format).to.be.within(400, 740);
    }
  });

  it("A row that keeps ['copyright'] gives an image without credits the bytes that it gives without keep", async () => {
    const made = await make(await withoutCredits().jpeg().toBuffer(), [...KEPT, ...PLAIN]);
    for (const format of FORMATS) expect(made.get(format)).to.deep.equal(made.get(`plain-${format}`));
  });

  it("A row that keeps ['copyright'] keeps it beside a profile of Display P3, and in an animation", async () => {
    const frames = Buffer.from([0, 0, 0, 255, 255, 255]);
    const film = await sharp(frames, { raw: { width: 1, height: 2, channels: 3, pageHeight: 1 } })
      .withXmp(PACKET)
      .webp({ loop: 0, delay: [100, 100] })
      .toBuffer();
    const moving = { name: 'film', width: 1, format: 'webp', animated: true, keep: ['copyright'] } as const;
    const made = (await make(film, [moving])).get('film');
    const { pages, xmp } = await sharp(made).metadata();
    expect([pages, xmp?.toString()]).to.deep.equal([2, PACKET]);

    const wide = await sharp(await withAll())
      .keepMetadata()
      .withIccProfile('p3')
      .jpeg()
      .toBuffer();
    const rows = [{ name: 'wide', width: 40, format: 'webp', gamut: 'p3', keep: ['copyright'] }] as const;
    const profiled = await sharp((await make(wide, rows)).get('wide')).metadata();
    expect([profiled.hasProfile, profiled.xmp?.toString()]).to.deep.equal([true, PACKET]);
  });

  it('exiftool reads copyright, artists and credit of each format, and finds neither a place nor anything else', async function () {
    this.timeout(60_000);
    const exiftool = process.env.EXIFTOOL ?? '/usr/bin/exiftool';
    if (!isExiftool(exiftool)) {
      console.log(`    Skipped: ${exiftool} is not exiftool. Install it, or set EXIFTOOL to its program.`);
      return this.skip();
    }
    const folder = temporaryFolder('exiftool');
    const look = (name: string, body: Buffer): Record<string, unknown> => {
      const file = join(folder, name);
      writeFileSync(file, body);
      const groups = ['-XMP:all', '-EXIF:all', '-IPTC:all', '-GPS:all', '-Photoshop:all', '-MakerNotes:all'];
      const [{ SourceFile: _, ...tags }] = JSON.parse(
        execFileSync(exiftool, ['-json', '-G1', '-a', ...groups, file], { encoding: 'utf8' }),
      );
      return tags;
    };
    expect(look('source.jpg', await withAll())).to.include.keys(
      'XMP-exif:GPSLatitude',
      'GPS:GPSLatitude',
      'IPTC:City',
    );
    for (const [name, body] of await make(await withAll(), KEPT))
      expect(look(`kept.${name}`, body), name).to.deep.equal(READ);
  });
});

function isExiftool(program: string): boolean {
  try {
    return /^\d+\.\d+/.test(
      execFileSync(program, ['-ver'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return false;
  }
}

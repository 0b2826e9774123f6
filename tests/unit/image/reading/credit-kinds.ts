import sharp from 'sharp';

/** A place that no rendition may tell. */
const GPS = {
  GPSLatitudeRef: 'N',
  GPSLatitude: '48/1 8/1 0/1',
  GPSLongitudeRef: 'E',
  GPSLongitude: '11/1 34/1 0/1',
};

export const EXIF = {
  IFD0: { Artist: 'Ann Exif;Bob Exif', Copyright: '(c) Exif', Model: 'Camera of mine', Software: 'Darkroom' },
  IFD3: GPS,
};

/** A packet as Lightroom writes it, with what must not be kept: place, camera, rating. */
export const XMP = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:ps="http://ns.adobe.com/photoshop/1.0/"
    xmp:Rating="5" exif:GPSLatitude="48,8.0N" exif:GPSLongitude="11,34.0E" ps:City="München" ps:Credit="The &quot;Agency&quot;">
   <dc:creator><rdf:Seq><rdf:li>Änn Xmp</rdf:li><rdf:li>Bob Xmp</rdf:li></rdf:Seq></dc:creator>
   <dc:rights><rdf:Alt>
     <rdf:li xml:lang="x-default">© 2026 Xmp &lt;&amp;&gt; Söhne</rdf:li><rdf:li xml:lang="de-DE">Alle Rechte</rdf:li>
   </rdf:Alt></dc:rights>
   <dc:subject><rdf:Bag><rdf:li>a secret</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;
export const XMP_CREDITS = {
  copyright: '© 2026 Xmp <&> Söhne',
  artists: ['Änn Xmp', 'Bob Xmp'],
  credit: 'The "Agency"',
};
export const EXIF_CREDITS = { copyright: '(c) Exif', artists: ['Ann Exif', 'Bob Exif'] };
export const IPTC_CREDITS = { copyright: '(c) Iptc', artists: ['Ann Iptc', 'Bob Iptc'], credit: 'Agéncy' };

const picture = () => sharp({ create: { width: 80, height: 60, channels: 3, background: '#808080' } });

export const withExif = () => picture().withExif(EXIF);
export const withXmp = () => picture().withXmp(XMP);
export const withAll = async () => insertIptc(await picture().withExif(EXIF).withXmp(XMP).jpeg().toBuffer());
export const withIptc = async () => insertIptc(await picture().jpeg().toBuffer());
export const withoutCredits = () => picture();

/** Adds IPTC as a segment APP13, as Photoshop writes it. */
function insertIptc(jpeg: Buffer): Buffer {
  const datasets = Buffer.concat([
    dataset(80, 'Ann Iptc'),
    dataset(80, 'Bob Iptc'),
    dataset(90, 'Berlin'),
    dataset(110, 'Agéncy'),
    dataset(116, '(c) Iptc'),
  ]);
  const padding = Buffer.alloc(datasets.length % 2);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(datasets.length);
  const resource = Buffer.concat([
    Buffer.from('Photoshop 3.0\x008BIM\x04\x04\0\0', 'latin1'),
    size,
    datasets,
    padding,
  ]);
  const marker = Buffer.from([0xff, 0xed, 0, 0]);
  marker.writeUInt16BE(resource.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), marker, resource, jpeg.subarray(2)]);
}

function dataset(number: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x1c, 2, number, 0, bytes.length]), bytes]);
}

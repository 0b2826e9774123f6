import sharp from 'sharp';

/** Graphics, drawn here as SVG because we have none that may be shipped. */
const PAINTINGS: Readonly<Record<string, () => string>> = {
  'text page': () => paragraphs({ ink: '#111', paper: '#fff', size: 22 }),
  'coloured text': () =>
    paragraphs({ ink: '#d11', paper: '#eef', size: 26, other: ['#06c', '#090', '#909'] }),
  'dark editor': () =>
    paragraphs({
      ink: '#ddd',
      paper: '#1e1e1e',
      size: 20,
      other: ['#569cd6', '#ce9178', '#6a9955'],
      font: 'monospace',
    }),
  'line art': () =>
    repeat(90, (index) => {
      const [x, y] = [spread(index, 1920), spread(index * 7, 1200)];
      return `<path d="M${x} ${y}q${spread(index * 3, 300)} ${spread(index * 5, 200)} ${spread(index * 11, 500) - 250} ${spread(index * 13, 400) - 200}" fill="none" stroke="#222" stroke-width="${1 + (index % 3)}"/>`;
    }),
  'flat shapes': () =>
    repeat(60, (index) => {
      const colour = `hsl(${spread(index * 17, 360)},70%,55%)`;
      return `<circle cx="${spread(index, 1920)}" cy="${spread(index * 7, 1200)}" r="${20 + spread(index * 3, 140)}" fill="${colour}"/>`;
    }),
  chart: () =>
    repeat(
      24,
      (index) =>
        `<rect x="${60 + index * 76}" y="${1100 - spread(index * 31, 900)}" width="52" height="${spread(index * 31, 900)}" fill="${['#4e79a7', '#f28e2b', '#e15759'][index % 3]}"/><text x="${64 + index * 76}" y="1140" font-size="24" font-family="sans-serif">${2000 + index}</text>`,
    ),
  gradients: () => `<defs>
    <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#0b3d91"/><stop offset="1" stop-color="#fda085"/></linearGradient>
    <radialGradient id="sun"><stop stop-color="#fff6"/><stop offset="1" stop-color="#fff0"/></radialGradient></defs>
    <rect width="1920" height="1200" fill="url(#sky)"/><circle cx="1300" cy="500" r="600" fill="url(#sun)"/>`,
  'window of an application': () =>
    `<rect width="1920" height="1200" fill="#f3f3f3"/><rect width="1920" height="60" fill="#2b579a"/>${repeat(
      14,
      (index) =>
        `<rect x="${20 + index * 130}" y="80" width="110" height="70" rx="6" fill="#fff" stroke="#bbb"/><text x="${34 + index * 130}" y="122" font-size="20" font-family="sans-serif" fill="#333">Button</text>`,
    )}${lines({ ink: '#222', size: 20, top: 220 })}`,
};

export async function paintGraphics(): Promise<{ name: string; image: Buffer }[]> {
  const painted = Object.entries(PAINTINGS).map(async ([name, paint]) => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1920" height="1200"><rect width="1920" height="1200" fill="#fff"/>${paint()}</svg>`;
    return { name, image: await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer() };
  });
  return Promise.all(painted);
}

interface Text {
  readonly ink: string;
  readonly size: number;
  readonly other?: readonly string[];
  readonly font?: string;
  readonly top?: number;
}

function paragraphs({ paper, ...text }: Text & { readonly paper: string }): string {
  return `<rect width="1920" height="1200" fill="${paper}"/>${lines({ ...text, top: 60 })}`;
}

const WORDS = 'The quick brown fox jumps over a lazy dog while 1,234 zebras in quartz vex (them) badly'.split(
  ' ',
);

function lines({ ink, size, other = [], font = 'serif', top = 60 }: Text): string {
  const inks = [ink, ...other];
  return repeat(Math.floor((1200 - top) / (size * 1.5)), (line) => {
    const words = Array.from({ length: 22 }, (_, word) => WORDS[spread(line * 23 + word, WORDS.length)]);
    return `<text x="40" y="${top + line * size * 1.5}" font-size="${size}" font-family="${font}" fill="${inks[line % inks.length]}">${words.join(' ')}</text>`;
  });
}

function repeat(times: number, part: (index: number) => string): string {
  return Array.from({ length: times }, (_, index) => part(index)).join('');
}

/** Number `index` of a fixed sequence of whole numbers that are spread evenly over 0 to below `limit`. */
function spread(index: number, limit: number): number {
  return Math.floor(((index * 0.618034 + 0.37) % 1) * limit);
}

/** What pictures on web pages cost: views, uploads by browsers, announcements. A part of docs/cost.md, see cost.ts. */
import { functionsOf, readTemplate } from 'aws-on-one-machine';
import { PRICES } from './prices.ts';

const MILLION = 1e6;

const ASSUMED = {
  /** A manifest, compressed, and a rendition for a phone. */
  manifestBytes: 900,
  renditionBytes: 60_000,
  /** Requests that CloudFront passes on to S3, because it has nothing or something too old. */
  missedShare: 0.1,
  linkSeconds: 0.02,
};

interface Line {
  readonly what: string;
  readonly dollars: number;
}

/** For each million, what CloudFront and S3 bill for the views of an image. */
function viewLines(): Line[] {
  const requests = 2 * MILLION;
  const gigabytes = (MILLION * (ASSUMED.manifestBytes + ASSUMED.renditionBytes)) / 1e9;
  return [
    {
      what: 'CloudFront, a request for the manifest and one for a rendition',
      dollars: requests * PRICES.cdnRequest,
    },
    { what: `CloudFront, ${gigabytes.toFixed(0)} GB`, dollars: gigabytes * PRICES.cdnGb },
    { what: 'CloudFront, its function', dollars: requests * PRICES.cdnFunction },
    { what: 'S3 GET, for what is not in the cache', dollars: requests * ASSUMED.missedShare * PRICES.s3Read },
  ];
}

/** What the function costs that makes one link. */
export function linkDollars(): number {
  const template = readTemplate({
    file: 'template.yaml',
    parameterOverrides: { BrowserUploads: 'true' },
    queueUrl: (name) => name,
  });
  const lambda = functionsOf(template).find(({ logicalId }) => logicalId === 'UploadLinkFunction');
  const gigabytes = (lambda?.memorySizeMb ?? 0) / 1024;
  const architecture = template.parameters.Architecture === 'x86_64' ? 'x86_64' : 'arm64';
  return PRICES.lambdaRequest + ASSUMED.linkSeconds * gigabytes * PRICES.lambdaGbSecond[architecture];
}

/** For each million, what an upload by a browser costs besides the column "uploads". */
function uploadLines(): Line[] {
  return [
    { what: 'API Gateway, POST /uploads', dollars: MILLION * PRICES.apiRequest },
    { what: 'Lambda, UploadLinkFunction', dollars: MILLION * linkDollars() },
    { what: 'S3 POST, the upload itself', dollars: MILLION * PRICES.s3Write },
  ];
}

/** For each million, what it costs to announce an image. SNS delivers to SQS and Lambda free of charge. */
function announcementLines(): Line[] {
  return [
    { what: 'SNS, a message', dollars: MILLION * PRICES.topicPublish },
    { what: 'S3 GET, a subscriber reads the manifest', dollars: MILLION * PRICES.s3Read },
  ];
}

/** A section of docs/cost.md. */
export function formatWebPageCosts(): string {
  const table = (title: string, lines: readonly Line[]) => {
    const sum = lines.reduce((total, { dollars }) => total + dollars, 0);
    return [
      `| **${title}** | **${sum.toFixed(2)}** |`,
      ...lines.map(({ what, dollars }) => `| ${what} | ${dollars.toFixed(2)} |`),
    ].join('\n');
  };
  return `## Pictures on web pages

For a million each, with the parameters of [deliver.md](deliver.md) and [announcements.md](announcements.md). They cost nothing
while nobody views, uploads or listens, and CloudFront's first TB and ten million requests of a month are free.

| | dollars |
| --- | ---: |
${table('views of an image, with Delivery=CLOUDFRONT', viewLines())}
${table('uploads, with BrowserUploads=true, besides the column "uploads"', uploadLines())}
${table('announcements, with Announce=true', announcementLines())}

A view is assumed to take a manifest of ${ASSUMED.manifestBytes} bytes and a rendition of ${ASSUMED.renditionBytes / 1000} kB, and CloudFront to ask S3 for
${100 * ASSUMED.missedShare}% of them; a link to take ${ASSUMED.linkSeconds} s. SNS delivers to SQS and Lambda free of charge, and to a webhook for $${(MILLION * PRICES.topicToHttp).toFixed(2)} a million.
`;
}

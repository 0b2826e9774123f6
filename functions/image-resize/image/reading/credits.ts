/** Who made an image, who provides it, and whose it is. */
export interface Credits {
  readonly copyright?: string;
  readonly artists?: readonly string[];
  readonly credit?: string;
}

/** UTF-8, if the bytes are that, otherwise Latin-1: few programs say which one they write. */
export function decodeText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

import { randomBytes } from 'node:crypto';

/** Enough to recognize a file by. */
const MAX_NAME_CHARACTERS = 100;

/**
 * A key under input/ that nobody can guess, and so nobody can overwrite: `input/uploads/<128 random bits>/cat.jpg`.
 * @param name the file's name as a browser tells it, perhaps with a path.
 */
export function createUploadKey(name: string): string {
  return `input/uploads/${randomBytes(16).toString('hex')}/${simplify(name)}`;
}

/** Keeps letters and digits of every language. What needs care in a URL, a shell or a file system becomes a hyphen. */
function simplify(name: string): string {
  const file = name.toWellFormed().normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const simple = file
    .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}._-]+/gu, '-')
    .replace(/^[.-]+/, '')
    .replace(/[.-]+$/, '');
  // The end has the extension.
  return (
    [...simple]
      .slice(-MAX_NAME_CHARACTERS)
      .join('')
      .replace(/^[.-]+/, '') || 'image'
  );
}

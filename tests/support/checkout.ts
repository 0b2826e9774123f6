import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * Copies this checkout, without what Git ignores, into a temporary folder, and changes some files of the copy.
 * @returns the copy's folder.
 * @throws if a change leaves its file as it was: then the text that it replaces is no longer there.
 */
export function copyCheckout(changes: Readonly<Record<string, (text: string) => string>> = {}): string {
  const copy = temporaryFolder('image-pipeline-checkout');
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' });
  // Git also lists a tracked file that has been deleted here.
  const files = listed
    .trim()
    .split('\n')
    .filter((name) => existsSync(name));
  for (const name of files) cpSync(name, join(copy, name));
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  for (const [file, change] of Object.entries(changes)) {
    const before = readFileSync(file, 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`Expected a change of ${file} but it stayed as it was.`);
    writeFileSync(join(copy, file), after);
  }
  return copy;
}

/** A file that somebody wants to upload, and the key that it gets. */
export interface ChosenFile {
  readonly key: string;
  readonly file: File;
}

/**
 * The key of a file, as `npm start -- FOLDER` makes it: below `input/`, with the folder's own name.
 * @param path relative, with `/` between its segments: `cat.jpg`, `holiday/2026/cat.jpg`.
 * @returns undefined for a hidden file in a folder, and for a file in a hidden folder.
 */
export function keyOf(path: string): string | undefined {
  const isInFolder = path.includes('/');
  if (isInFolder && /(^|\/)\./.test(path)) return undefined;
  return `input/${path}`;
}

/** @param list of an `<input type="file">`, which may choose a whole folder. */
export function filesOf(list: Iterable<File>): ChosenFile[] {
  return withKeys([...list].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** Browsers name every pasted picture `image.png`: the time keeps one from replacing another. */
export function pastedFiles(list: Iterable<File>, now = new Date()): ChosenFile[] {
  const time = now.toISOString().slice(0, 23).replaceAll(/[T:.]/g, '-');
  return withKeys(
    [...list].map((file, index) => ({
      path: file.name === 'image.png' ? `pasted-${time}${index > 0 ? `-${index + 1}` : ''}.png` : file.name,
      file,
    })),
  );
}

export function withKeys(files: readonly { readonly path: string; readonly file: File }[]): ChosenFile[] {
  return files.flatMap(({ path, file }) => {
    const key = keyOf(path);
    return key === undefined ? [] : [{ key, file }];
  });
}

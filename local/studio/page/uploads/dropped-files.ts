import { type ChosenFile, withKeys } from './chosen-file.ts';

/**
 * Reads what was dropped: files, and all files in folders.
 * @throws what the browser says of a file or folder that it may not read.
 */
export async function readDropped(transfer: DataTransfer): Promise<ChosenFile[]> {
  // Before the first await: the browser empties the list when the event is over.
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const roots = items.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const lists = await Promise.all(roots.map(readRoot));
  return withKeys(lists.flat());
}

type FileWithPath = Parameters<typeof withKeys>[0][number];

async function readRoot(root: FileSystemEntry | File | null): Promise<FileWithPath[]> {
  if (root === null) return [];
  return root instanceof File ? [{ path: root.name, file: root }] : readEntry(root);
}

async function readEntry(entry: FileSystemEntry): Promise<FileWithPath[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  if (!isFolder(entry)) return [];
  const files: FileWithPath[] = [];
  for await (const child of childrenOf(entry)) files.push(...(await readEntry(child)));
  return files;
}

/** A browser gives the entries of a folder in lists of at most 100, and an empty list at the end. */
async function* childrenOf(folder: FileSystemDirectoryEntry): AsyncGenerator<FileSystemEntry> {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return;
    yield* entries;
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

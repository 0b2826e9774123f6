export interface Reason {
  readonly words: string;
  /** What to do. */
  readonly advice: string;
}

export const REASONS: Readonly<Record<string, Reason>> = {
  UnsupportedImageError: {
    words: 'The pipeline does not accept this kind of file.',
    advice: 'Convert it to JPEG, PNG, WebP, AVIF, GIF or TIFF, and upload it again.',
  },
  CorruptImageError: {
    words: 'The file is damaged, or a part of it is missing.',
    advice: 'Copy or export it again from where it came from, and upload it again.',
  },
  ImageTooLargeError: {
    words: 'The image exceeds a limit.',
    advice: 'Make it smaller and upload it again, or raise the limit: docs/formats.md, “Limits”.',
  },
  RenderFailedError: {
    words: 'The image could not be decoded, or its renditions could not be encoded.',
    advice: 'Open it in an image editor, save it under another format, and upload it again.',
  },
  ArchivedObjectError: {
    words: 'The original is archived in S3 Glacier and cannot be read.',
    advice: 'Restore it in S3, then send its key with “force” under Executions.',
  },
  FunctionEndedError: {
    words: 'The image ended the function at every attempt, by a crash or for lack of memory.',
    advice: 'Make it smaller and upload it again, or deploy with a larger MemorySize.',
  },
  SourceNotFoundError: {
    words: 'There is no original with this key.',
    advice: 'Look whether it was deleted or has another name.',
  },
  KeyTooLongError: {
    words: 'The name is too long: a rendition’s key would exceed the 1,024 bytes that S3 allows.',
    advice: 'Upload it under a shorter name, or in fewer folders.',
  },
  InvalidKeyError: {
    words: 'The name is no valid Unicode.',
    advice: 'Rename the file and upload it again.',
  },
};

const HEIC: Reason = {
  words: 'This is a HEIC, and the stack does not accept HEIC.',
  advice:
    'Deploy with AcceptHeic=true, then send {} under Executions; or convert it to JPEG and upload it again.',
};

/** Whether an error is a fault of an image or of its key, and not of the pipeline. */
export function isRefusal(errorName: string): boolean {
  return Object.hasOwn(REASONS, errorName);
}

/** What the name of an error means to whoever uploaded the image. */
export function explainRefusal(
  { name, message }: { readonly name: string; readonly message: string },
  { acceptHeic }: { readonly acceptHeic: boolean },
): Reason {
  if (name === 'UnsupportedImageError' && !acceptHeic && /\bHEIC\b|\bHEIF\b/i.test(message)) return HEIC;
  return (
    REASONS[name] ?? {
      words: 'The image was refused.',
      advice: 'The message says why. Upload it again when that is mended.',
    }
  );
}

import type { Upload } from './upload.ts';

/** The state machine at work on an upload. */
export function UploadSteps(_: { upload: Upload; isOpen: boolean; isEnded: boolean }) {
  return null;
}

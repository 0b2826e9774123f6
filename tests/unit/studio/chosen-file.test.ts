import { expect } from 'chai';
import { filesOf, keyOf, pastedFiles } from '../../../local/studio/page/uploads/chosen-file.ts';
import { chooseShown, countUploads, type Upload } from '../../../local/studio/page/uploads/upload.ts';

describe('Files that are chosen in the studio', () => {
  it('A file gets its name below input/, and a file in a folder the path from that folder on', () => {
    expect(keyOf('cat.jpg')).to.equal('input/cat.jpg');
    expect(keyOf('holiday/2026/cat.jpg')).to.equal('input/holiday/2026/cat.jpg');
  });

  it('Hidden files are left out of a folder, but not if they are chosen themselves', () => {
    expect(keyOf('holiday/.DS_Store')).to.equal(undefined);
    expect(keyOf('holiday/.thumbnails/cat.jpg')).to.equal(undefined);
    expect(keyOf('.cat.jpg')).to.equal('input/.cat.jpg');
    expect(filesOf([new File(['a'], 'a.jpg')]).map(({ key }) => key)).to.deep.equal(['input/a.jpg']);
  });

  it('Pasted pictures, which all have the same name, do not replace one another', () => {
    const files = [new File(['a'], 'image.png'), new File(['b'], 'image.png'), new File(['c'], 'cat.gif')];
    const keys = pastedFiles(files, new Date('2026-11-28T16:05:06.789Z')).map(({ key }) => key);
    expect(keys).to.deep.equal([
      'input/pasted-2026-11-28-16-05-06-789.png',
      'input/pasted-2026-11-28-16-05-06-789-2.png',
      'input/cat.gif',
    ]);
  });
});

describe('The cards of uploads in the studio', () => {
  const upload = (id: number, name: 'waiting' | 'processing'): Upload => ({
    id,
    key: `input/${id}.jpg`,
    file: new File([], `${id}.jpg`),
    progress: { name },
    sinceMs: 0,
  });
  const failed = (id: number): Upload => ({
    ...upload(id, 'waiting'),
    progress: { name: 'failed', message: '', isStored: false },
  });

  it('A few uploads are all shown, the newest first', () => {
    const uploads = [upload(1, 'waiting'), upload(2, 'waiting')];
    expect(chooseShown(uploads, 3).map(({ id }) => id)).to.deep.equal([2, 1]);
  });

  it('Of many, those under way are shown, and the one that ended last', () => {
    const uploads = [
      failed(1),
      failed(2),
      ...[3, 4, 5].map((id) => upload(id, 'processing')),
      upload(6, 'waiting'),
    ];
    expect(chooseShown(uploads, 3).map(({ id }) => id)).to.deep.equal([3, 4, 2]);
    expect(countUploads(uploads)).to.include({ failed: 2, processing: 3, waiting: 1, made: 0 });
  });
});

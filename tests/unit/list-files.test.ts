import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { listFiles } from '../../local/list-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('The files of a command', () => {
  const folder = join(temporaryFolder('files'), 'photos');
  const at = (...names: string[]) => join(folder, ...names);

  before(() => {
    mkdirSync(at('deep', 'er'), { recursive: true });
    for (const name of ['b.jpg', 'a.jpg', '.hidden.jpg', join('deep', 'er', 'c.jpg')])
      writeFileSync(at(name), name);
    symlinkSync('a.jpg', at('link.jpg'));
    symlinkSync('nowhere', at('dead.jpg'));
    symlinkSync('loop.jpg', at('loop.jpg'));
    symlinkSync('..', at('deep', 'up'));
    execFileSync('mkfifo', [at('pipe.jpg')]);
  });

  it('The files of a folder are listed by name, with what links lead to and without hidden ones', async () => {
    const { files } = await listFiles([folder]);
    expect(files).to.deep.equal([
      { path: at('a.jpg'), key: 'input/photos/a.jpg', bytes: 5 },
      { path: at('b.jpg'), key: 'input/photos/b.jpg', bytes: 5 },
      { path: at('deep', 'er', 'c.jpg'), key: 'input/photos/deep/er/c.jpg', bytes: 13 },
      { path: at('link.jpg'), key: 'input/photos/link.jpg', bytes: 5 },
    ]);
  });

  it('Each path of a folder that cannot be uploaded is named with its reason', async () => {
    const { unreadable } = await listFiles([folder]);
    expect(unreadable).to.deep.equal([
      { path: at('dead.jpg'), reason: 'it is gone, or a symbolic link that leads nowhere' },
      { path: at('deep', 'up'), reason: 'it is a symbolic link to a folder that it is in' },
      { path: at('loop.jpg'), reason: 'it is a symbolic link that leads back to itself' },
      { path: at('pipe.jpg'), reason: 'it is neither a file nor a folder' },
    ]);
  });

  it('A folder without permission is named, and the others are listed', async function () {
    if (process.getuid?.() === 0) return this.skip();
    const locked = join(temporaryFolder('locked'), 'locked');
    mkdirSync(locked, { mode: 0o000 });
    const { files, unreadable } = await listFiles([locked, at('a.jpg')]);
    chmodSync(locked, 0o700);
    expect(files).to.have.lengthOf(1);
    expect(unreadable).to.deep.equal([{ path: locked, reason: 'you have no permission to read it' }]);
  });

  it('A hidden file that is named itself is listed, under a prefix', async () => {
    const { files } = await listFiles([at('.hidden.jpg')], 'input/2026/');
    expect(files.map(({ key }) => key)).to.deep.equal(['input/2026/.hidden.jpg']);
  });

  it('The key of a folder has its own name, however its path is written', async () => {
    const { files } = await listFiles([`${relative('', at('deep'))}/er/../er/`]);
    expect(files.map(({ key }) => key)).to.deep.equal(['input/er/c.jpg']);
  });

  it('Of two files with one key the first is listed, and the second names it', async () => {
    const { files, unreadable } = await listFiles([at('a.jpg'), at('deep', '..', 'a.jpg')]);
    expect(files.map(({ path }) => path)).to.deep.equal([at('a.jpg')]);
    expect(unreadable.map(({ reason }) => reason)).to.deep.equal([
      `${at('a.jpg')} has the same key, input/a.jpg`,
    ]);
  });

  it('All paths that do not exist are named at once', async () => {
    const error = await listFiles([at('no.jpg'), at('a.jpg'), at('none')]).catch(String);
    expect(error).to.equal(
      `Error: Expected files or folders but there is no ${at('no.jpg')}, ${at('none')}.`,
    );
  });
});

import { expect } from 'chai';
import sharp from 'sharp';
import { repeatWebpFrame, riff, webpChunk } from '../handmade.ts';
import { inspection } from './inspection.ts';

const pixel = () =>
  sharp({ create: { width: 1, height: 1, channels: 3, background: '#c86432' } })
    .webp()
    .toBuffer();

describe('The frames of a WebP', () => {
  it('A WebP of a hundred thousand frames is refused, even if only the first frame is used', async () => {
    expect(await inspection(repeatWebpFrame(await pixel(), 100_000))).to.equal(
      'ImageTooLargeError: Expected at most 20000 frames in a WebP but found 100000.',
    );
  });

  it('A WebP with as many frames as the limit allows is accepted', async () => {
    const still = await pixel();
    expect(await inspection(repeatWebpFrame(still, 20_000))).to.equal('accepted');
    expect(await inspection(repeatWebpFrame(still, 20_001))).to.include('found 20001.');
  });

  it('The frames of a WebP are counted behind chunks of odd lengths and of unknown types', async () => {
    const animation = repeatWebpFrame(await pixel(), 3);
    const unknown = [1, 2, 3].map((length) => webpChunk('ANMX', Buffer.alloc(length)));
    const chunks = [animation.subarray(12), ...unknown, animation.subarray(animation.indexOf('ANMF'))];
    expect(await inspection(riff(...chunks), { maxStoredFrames: 5 })).to.include('found 6.');
  });

  it('The frames behind the end of a WebP image are not counted', async () => {
    const still = await pixel();
    const file = Buffer.concat([repeatWebpFrame(still, 2), repeatWebpFrame(still, 9).subarray(12)]);
    expect(await inspection(file, { maxStoredFrames: 2 })).to.equal('accepted');
  });

  it('A still WebP is accepted even if the limit allows no frames', async () => {
    expect(await inspection(await pixel(), { maxStoredFrames: 0 })).to.equal('accepted');
  });
});

import { expect } from 'chai';
import sharp from 'sharp';
import { isSrgbProfile } from '../../../../functions/image-resize/image/colour/icc-profile.ts';
import { paintUpright } from '../../../support/images.ts';
import { displayProfile, insertSegments, profileSegments } from '../handmade.ts';
import { renderOne } from '../rendering/rendering.ts';
import { ADOBE_RGB, DISPLAY_P3, SRGB } from './colour.ts';

/** As in the profile that most cameras write, "sRGB IEC61966-2.1". */
const COLORANTS = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
] as const;
const TABLE = ['A2B0', Buffer.from('mft2\0\0\0\0')] as const;

describe('A profile of sRGB', () => {
  for (const [what, profile, expected] of [
    ['sRGB', displayProfile(COLORANTS, SRGB.decode), true],
    [
      'sRGB with a table, which may say something else',
      displayProfile(COLORANTS, SRGB.decode, [TABLE]),
      false,
    ],
    ['the primaries of sRGB and a gamma of 2.2', displayProfile(COLORANTS, (value) => value ** 2.2), false],
    ['Display P3', displayProfile(DISPLAY_P3.colorants, DISPLAY_P3.decode), false],
    ['Adobe RGB', displayProfile(ADOBE_RGB.colorants, ADOBE_RGB.decode), false],
    ['nothing', Buffer.alloc(200), false],
  ] as const)
    it(`A profile of ${what} ${expected ? 'is' : 'is not'} taken for sRGB`, () => {
      expect(isSrgbProfile(profile)).to.equal(expected);
    });

  it('The profile that sharp writes is taken for sRGB', async () => {
    const { icc } = await sharp(await paintUpright(8, 8).withIccProfile('srgb').jpeg().toBuffer()).metadata();
    expect(icc && isSrgbProfile(icc)).to.equal(true);
  });

  it('A JPEG with a profile of sRGB gives the bytes of the JPEG without it, and within one step those of libvips', async () => {
    const plain = await paintUpright(200, 120).jpeg().toBuffer();
    const profile = displayProfile(COLORANTS, SRGB.decode);
    const tagged = insertSegments(plain, Buffer.concat(profileSegments(profile)));
    const made = await renderOne(tagged, { width: 200 });
    expect(made.equals(await renderOne(plain, { width: 200 }))).to.equal(true);
    const [ours, theirs] = await Promise.all([made, tagged].map((image) => sharp(image).raw().toBuffer()));
    const differences = [...(ours ?? [])].map((value, place) => Math.abs(value - (theirs?.[place] ?? 0)));
    expect(Math.max(...differences)).to.be.at.most(1);
  });
});

import { expect } from 'chai';
import { plainLine, plainLines } from '../plain-text.ts';

describe('Plain text for a terminal', () => {
  it('names characters that steer a terminal, end a line or turn its direction, and keeps all others', () => {
    expect(plainLine('\u001b[2J\r\n\t\u0000\u007f\u009b')).to.equal(
      String.raw`\u001b[2J\u000d\u000a\u0009\u0000\u007f\u009b`,
    );
    expect(plainLine('a\u202eb\u2066c\u200fd\u2028')).to.equal(String.raw`a\u202eb\u2066c\u200fd\u2028`);
    expect(plainLine('Söhne × 猫 🧑\u200d🚀 \\')).to.equal('Söhne × 猫 🧑\u200d🚀 \\');
  });

  it('keeps the ends of lines and tabs of a text of several lines, and nothing else that steers', () => {
    expect(plainLines('a\n\tb\r\u001b')).to.equal(`a\n\tb${String.raw`\u000d\u001b`}`);
  });
});

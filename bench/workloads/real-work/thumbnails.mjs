// Photographs made small. Sharp works in threads of its own. It comes as prebuilt packages, so its installation compiles and
// downloads nothing.
import sharp from 'sharp';

const WIDTH = 1600;
const HEIGHT = 1067;
const DIFFERENT = 12;

/** Waves of colour with grain: as hard to compress as a photograph. */
export async function inputs(count) {
  const photographs = [];
  for (let i = 0; i < Math.min(count, DIFFERENT); i++) {
    const raw = { width: WIDTH, height: HEIGHT, channels: 3 };
    photographs.push(await sharp(pixels(i), { raw }).jpeg({ quality: 85 }).toBuffer());
  }
  return Array.from({ length: count }, (_, i) => photographs[i % photographs.length]);
}

export async function work(photograph) {
  return sharp(photograph).resize(320).jpeg({ quality: 80 }).toBuffer();
}

function pixels(seed) {
  const bytes = Buffer.alloc(WIDTH * HEIGHT * 3);
  let noise = seed + 1;
  for (let i = 0; i < bytes.length; i++) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = 128 + 90 * Math.sin(i / (900 + seed * 50)) + (noise >>> 27);
  }
  return bytes;
}

import type { Picture } from './resize.ts';

// Measured on 20 FaceForensics++ clips of one shot each: frames half a second apart differ by 0.16 at most, while frames
// of different clips differ by more than 0.3 in 93 of 100 pairs.
const cutFrom = 0.3;
const sameShotBelow = 0.2;
const binsPerChannel = 4;

/** Numbers the shots of a clip by the colours of its frames; a shot that is cut back to keeps its number. */
export function createShotCounter(): (picture: Picture) => number {
  const lastSeen: Float64Array[] = [];
  let current = -1;
  return (picture) => {
    const colours = colourHistogram(picture);
    if (current < 0 || distance(lastSeen[current]!, colours) >= cutFrom) {
      const distances = lastSeen.map((seen) => distance(seen, colours));
      const nearest = distances.indexOf(Math.min(...distances));
      current = nearest >= 0 && distances[nearest]! < sameShotBelow ? nearest : lastSeen.length;
    }
    lastSeen[current] = colours;
    return current;
  };
}

/** Share of the pixels in each of 64 cubes of the RGB space. */
function colourHistogram({ data, width, height }: Picture): Float64Array {
  const histogram = new Float64Array(binsPerChannel ** 3);
  const share = 1 / (width * height);
  for (let i = 0; i < data.length; i += 3) {
    const bin =
      ((data[i]! >> 6) * binsPerChannel + (data[i + 1]! >> 6)) * binsPerChannel + (data[i + 2]! >> 6);
    histogram[bin] = histogram[bin]! + share;
  }
  return histogram;
}

/** 0 for the same colours, 1 for none in common. */
function distance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / 2;
}

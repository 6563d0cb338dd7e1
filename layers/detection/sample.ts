/** Indices of `count` frames spread evenly over `total`: the middle of each share, each frame once at most. */
export function sampleIndices(total: number, count: number): number[] {
  const indices = Array.from({ length: count }, (_, share) => Math.floor(((share + 0.5) * total) / count));
  return [...new Set(indices)];
}

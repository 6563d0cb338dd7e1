/** A size as people write it: "4.4 MB (4,400,000 bytes)". */
export function formatBytes(bytes: number): string {
  const megabytes = (bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 });
  return `${megabytes} MB (${bytes.toLocaleString('en-US')} bytes)`;
}

/** Wait for all of `starting`; if one fails, close the others that have started, and throw its error. */
export async function allOrNone<Starting extends readonly Promise<unknown>[] | []>(
  starting: Starting,
  close: (started: Awaited<Starting[number]>) => Promise<void>,
): Promise<{ -readonly [Index in keyof Starting]: Awaited<Starting[Index]> }> {
  try {
    return await Promise.all(starting);
  } catch (error) {
    for (const settled of await Promise.allSettled<Starting[number]>(starting)) {
      if (settled.status === 'fulfilled') {
        await close(settled.value);
      }
    }
    throw error;
  }
}

import { runCommand } from './common/run-command.ts';
import { readOptions, usage } from './serve/options.ts';
import { startServer } from './serve/server.ts';
import { createTextLog } from './serve/text-log.ts';

await runCommand(async (signal) => {
  const options = readOptions(process.argv.slice(2), process.env);
  if (!options) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const server = await startServer(options, createTextLog());
  process.stdout.write(`Deepfake Detection API at ${server.url} (Ctrl-C ends it)\n`);
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await server.close();
  return 0;
});

// Makes a fresh clone ready to run: the packages, then an ffmpeg. It needs nothing but Node 18 or later, tells on
// stderr what it does, and says nothing when there is nothing to do. npm runs it before start, test and the others.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFfmpeg } from './setup/find-ffmpeg.mjs';
import { installFfmpeg } from './setup/install-ffmpeg.mjs';
import { installPackages, packagesAreFresh } from './setup/install-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (!packagesAreFresh(root)) {
  say('Installing packages with npm ci; this takes a minute or so ...');
  if (!installPackages(root, process.env)) {
    fail(
      'The packages could not be installed; npm says why above. Run the command again when that is mended.',
    );
  }
  if (!packagesAreFresh(root)) {
    fail('npm installed the packages, but not all of them work here. Remove node_modules and run it again.');
  }
}

const ffmpeg = findFfmpeg(process.env);
if (!ffmpeg && process.env.FFMPEG_PATH) {
  fail(
    `FFMPEG_PATH is ${process.env.FFMPEG_PATH}, and that is no ffmpeg that runs. Correct it, or unset it.`,
  );
}
if (!ffmpeg && !(installFfmpeg(process.env, say) && findFfmpeg(process.env))) {
  fail(
    [
      'No ffmpeg was found, and it could not be installed here. Do one of these and run the command again:',
      '  Debian, Ubuntu   sudo apt-get install ffmpeg',
      '  macOS            brew install ffmpeg',
      '  Windows          winget install ffmpeg',
      '  anywhere         set FFMPEG_PATH to the path of an ffmpeg program',
    ].join('\n'),
  );
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message);
  process.exit(1);
}

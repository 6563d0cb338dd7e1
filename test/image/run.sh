#!/bin/bash
# npm run test:image: builds the real image on a stand-in base and invokes its functions. Needs root on Debian.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -ne 0 ]; then
  echo "This test mounts and enters the image's file system, which needs root: sudo npm run test:image" >&2
  exit 1
fi
mapfile -t image < <(test/image/build.sh)
export IMAGE_ROOT="${image[0]}" IMAGE_CONFIG="${image[1]}" IMAGE_BASE_BYTES="${image[2]}"
exec node_modules/.bin/vitest run --config test/image/vitest.config.ts "$@"

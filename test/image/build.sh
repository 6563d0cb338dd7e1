#!/bin/bash
# Builds the real Dockerfile on the stand-in base, without Docker and without a registry of images.
# Prints three lines: the folder of the image's files, its configuration as JSON, the bytes of the base.
# Needs root, Debian, buildah and debootstrap; what it downloads and builds is kept in $IMAGE_TEST_CACHE.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache="${IMAGE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/deepfake-detection-api/image-test}"
mirror="${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
mkdir -p "$cache"

need() {
  local missing=()
  for program in "$@"; do command -v "$program" > /dev/null || missing+=("$program"); done
  if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
  fi
}
need buildah debootstrap

# Overlay is much faster and smaller; where it cannot be mounted (inside most containers) plain copies do.
driver="${IMAGE_TEST_STORAGE_DRIVER:-overlay}"
command buildah --root "$cache/storage" --runroot "$cache/run" --storage-driver "$driver" info > /dev/null 2>&1 || driver=vfs

buildah() { command buildah --root "$cache/storage" --runroot "$cache/run" --storage-driver "$driver" "$@"; }
build() {
  buildah bud --layers --isolation chroot --network host "$@" > "$cache/build.log" 2>&1 || {
    tail -n 40 "$cache/build.log" >&2
    return 1
  }
}
has() { buildah inspect --type image "$1" > /dev/null 2>&1; }

if ! has localhost/stand-in-debian; then
  echo "Building the stand-in's Debian ..." >&2
  rm -rf "$cache/debian"
  debootstrap --variant=minbase trixie "$cache/debian" "$mirror" > "$cache/debootstrap.log"
  printf 'FROM scratch\nCOPY . /\n' | build -f - -t localhost/stand-in-debian "$cache/debian"
  rm -rf "$cache/debian"
fi

if ! has localhost/stand-in-lambda; then
  echo "Building the stand-in for the Lambda base image ..." >&2
  context="$cache/stand-in" && rm -rf "$context" && mkdir -p "$context"
  cp node_modules/node/bin/node "$context/node"
  tar --extract --gzip --directory "$context" --file "$(cd "$cache" && realpath "$(npm pack --silent npm@11.6.2)")"
  mv "$context/package" "$context/npm"
  cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$context/ca-certificates.crt"
  build -f test/image/stand-in.Dockerfile -t localhost/stand-in-lambda "$context"
fi

echo "Building functions/detect-deepfake/Dockerfile ..." >&2
# Debian's archive has the same source files as the projects' own sites, under the same checksums.
build -f functions/detect-deepfake/Dockerfile -t localhost/detector \
  --build-arg TARGETARCH="$(case "$(uname -m)" in x86_64) echo amd64 ;; aarch64) echo arm64 ;; esac)" \
  --build-arg BASE_IMAGE=localhost/stand-in-lambda \
  --build-arg DEBIAN_IMAGE=localhost/stand-in-debian \
  --build-arg "DAV1D_URL=${DAV1D_URL:-$mirror/pool/main/d/dav1d/dav1d_1.5.4.orig.tar.xz}" \
  --build-arg "FFMPEG_URL=${FFMPEG_URL:-$mirror/pool/main/f/ffmpeg/ffmpeg_7.1.5.orig.tar.xz}" .

for old in $(buildah containers --quiet); do buildah rm "$old" > /dev/null; done
mounted() { buildah mount "$(buildah from "$1")"; }
mounted localhost/detector
buildah inspect --type image localhost/detector |
  node_modules/.bin/node -p 'JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).OCIv1.config)'
du -sb "$(mounted localhost/stand-in-lambda)" | cut -f1

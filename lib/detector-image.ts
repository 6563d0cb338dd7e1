import { fileURLToPath } from 'node:url';
import { IgnoreMode } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { DockerImageCode } from 'aws-cdk-lib/aws-lambda';
import type { Settings } from './settings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The one image of all functions that examine clips; `handler` picks which of them it runs.
 * Synthesis only fingerprints the sources: Docker is needed at deployment.
 */
export function detectorImage(settings: Settings, handler: string): DockerImageCode {
  return DockerImageCode.fromImageAsset(root, {
    file: 'functions/detect-deepfake/Dockerfile',
    ignoreMode: IgnoreMode.DOCKER,
    exclude: ['cdk.out'],
    platform: settings.architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    buildArgs: {
      ...(settings.baseImage !== '' && { BASE_IMAGE: settings.baseImage }),
      ...(settings.ffmpegUrl !== '' && {
        FFMPEG_URL: settings.ffmpegUrl,
        FFMPEG_SHA256: settings.ffmpegSha256,
      }),
    },
    cmd: [handler],
  });
}

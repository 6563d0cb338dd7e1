import { Tensor } from 'onnxruntime-node';
import { boxHeight, boxWidth } from './box.ts';
import type { FaceCandidate } from './face-detector.ts';
import { faceMeshCardSchema, loadModel } from './model-card.ts';
import { startSession } from './model-session.ts';
import { sigmoid } from './probability.ts';
import { squareToPicture, warpSquare } from './warp.ts';
import type { YuvPicture } from './yuv.ts';

export interface FaceMesh {
  /** The 468 landmarks of a detected face, x, y pairs in pixels of the picture, and the probability of a face. */
  fit(picture: YuvPicture, candidate: FaceCandidate): Promise<{ landmarks: Float32Array; presence: number }>;
  close(): Promise<void>;
}

/**
 * Load MediaPipe's face mesh.
 * @see https://arxiv.org/abs/1907.06724
 * @throws {DetectionError} `model_unavailable`
 */
export async function loadFaceMesh(cardPath: string): Promise<FaceMesh> {
  const model = await loadModel(cardPath, faceMeshCardSchema);
  const { card } = model;
  const { mean, std } = card.input;
  const size = card.input.shape[1];
  const names = { inputs: [card.input.name], outputs: ['landmarks', 'presence'] };
  const session = await startSession(model, names);
  return {
    async fit(picture, { box, keypoints }) {
      const square = {
        centre: { x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2 },
        side: card.crop.scale * Math.max(boxWidth(box), boxHeight(box)),
        angle: Math.atan2(keypoints[3]! - keypoints[1]!, keypoints[2]! - keypoints[0]!),
      };
      const pixels = warpSquare(picture, square, { size, mean, std });
      const image = new Tensor('float32', pixels, [1, size, size, 3]);
      const output = await session.run({ [card.input.name]: image }, ['landmarks', 'presence']);
      const points = output.landmarks!.data as Float32Array;
      const map = squareToPicture(square, size);
      const landmarks = new Float32Array((points.length / 3) * 2);
      for (let i = 0; i < points.length / 3; i += 1) {
        const x = points[3 * i]!;
        const y = points[3 * i + 1]!;
        landmarks[2 * i] = map.xx * x + map.xy * y + map.x0;
        landmarks[2 * i + 1] = map.yx * x + map.yy * y + map.y0;
      }
      return { landmarks, presence: sigmoid((output.presence!.data as Float32Array)[0]!) };
    },
    close: () => session.release(),
  };
}

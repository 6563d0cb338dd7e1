import { boundingBox, boxWidth, iou } from './box.ts';
import type { FaceDetector } from './face-detector.ts';
import type { FaceMesh } from './face-mesh.ts';
import type { Picture } from './resize.ts';
import type { Face } from './types.ts';
import type { YuvPicture } from './yuv.ts';

export interface FaceFinder {
  detector: FaceDetector;
  mesh: FaceMesh;
}

const minPresence = 0.5;
const samePersonIou = 0.5;
/** Of a crowd only the largest faces are examined, so that one picture cannot take unbounded time. */
const mostFaces = 8;

/**
 * Faces of a picture, the largest first: detected, then confirmed by the face mesh.
 *
 * @param shrunk the same picture as `shrinkForDetector` leaves it
 * @returns boxes are those of the landmarks and may reach beyond the picture.
 */
export async function findFaces(
  finder: FaceFinder,
  picture: YuvPicture,
  shrunk: readonly Picture[],
): Promise<Face[]> {
  const candidates = await finder.detector.detect(shrunk, picture);
  const largest = candidates.toSorted((a, b) => boxWidth(b.box) - boxWidth(a.box)).slice(0, mostFaces);
  const faces: Face[] = [];
  for (const candidate of largest) {
    const { landmarks, presence } = await finder.mesh.fit(picture, candidate);
    const box = boundingBox(landmarks);
    // The mesh pulls two boxes on one face onto the same landmarks.
    if (presence >= minPresence && faces.every((other) => iou(other.box, box) < samePersonIou)) {
      faces.push({ box, landmarks, confidence: candidate.confidence });
    }
  }
  return faces;
}

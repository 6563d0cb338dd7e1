import { type Classifier, loadClassifier } from './classify.ts';
import { loadFaceDetector } from './face-detector.ts';
import { loadFaceMesh } from './face-mesh.ts';
import type { FaceFinder } from './find-faces.ts';

/** The models that examine a frame. */
export interface Models {
  finder: FaceFinder;
  classifier: Classifier;
  close(): Promise<void>;
}

/** Paths of the model.json of each. */
export interface ModelCards {
  faceDetector: string;
  faceMesh: string;
  classifier: string;
}

/** @throws {DetectionError} `model_unavailable`; then none of them is left open. */
export async function loadModels(cards: ModelCards): Promise<Models> {
  const loading = [
    loadFaceDetector(cards.faceDetector),
    loadFaceMesh(cards.faceMesh),
    loadClassifier(cards.classifier),
  ] as const;
  const closeLoaded = async () => {
    const loaded = await Promise.allSettled(loading);
    await Promise.all(loaded.map((model) => model.status === 'fulfilled' && model.value.close()));
  };
  try {
    const [detector, mesh, classifier] = await Promise.all(loading);
    return { finder: { detector, mesh }, classifier, close: closeLoaded };
  } catch (error) {
    await closeLoaded();
    throw error;
  }
}

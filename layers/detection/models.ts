import { join } from 'node:path';
import { allOrNone } from './all-or-none.ts';
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

/** The cards of the models in `modelsDir`; that of the classifier in `classifierDir` if there is one. */
export function modelCards(modelsDir: string, classifierDir?: string): ModelCards {
  return {
    faceDetector: join(modelsDir, 'face-detector', 'model.json'),
    faceMesh: join(modelsDir, 'face-mesh', 'model.json'),
    classifier: join(classifierDir || join(modelsDir, 'classifier'), 'model.json'),
  };
}

/** @throws {DetectionError} `model_unavailable`; then none of them is left open. */
export async function loadModels(cards: ModelCards): Promise<Models> {
  const [detector, mesh, classifier] = await allOrNone(
    [loadFaceDetector(cards.faceDetector), loadFaceMesh(cards.faceMesh), loadClassifier(cards.classifier)],
    (model) => model.close(),
  );
  return {
    finder: { detector, mesh },
    classifier,
    async close() {
      await Promise.all([detector.close(), mesh.close(), classifier.close()]);
    },
  };
}

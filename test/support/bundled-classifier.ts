import { readFileSync } from 'node:fs';
import { classifierCardSchema } from '../../layers/detection/model-card.ts';

const path = new URL('../../models/classifier/model.json', import.meta.url);

/** The card of the bundled classifier. */
export const bundledCard = classifierCardSchema.parse(JSON.parse(readFileSync(path, 'utf8')));

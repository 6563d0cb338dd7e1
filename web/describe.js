const VERDICTS = {
  fake: {
    title: 'Probably a deepfake',
    text: 'At least one face shows the traces that face swaps and reenactment leave behind.',
  },
  real: {
    title: 'Probably not a deepfake',
    text: 'No face shows enough of the traces that this detector knows.',
  },
  undetermined: { title: 'Cannot tell', text: 'The clip does not allow an honest answer.' },
};

const REASONS = {
  no_face: 'No face was found in the frames that were examined.',
  face_too_small: 'The faces are too small in the picture to be judged.',
  too_few_frames: 'A face is visible in too few frames.',
  low_confidence: 'The score lies between the two thresholds.',
};

const PROBLEMS = {
  unauthorized: 'This server asks for an API key. Enter it above and try again.',
  forbidden: 'The API key was not accepted. Check it and try again.',
  too_many_requests: 'The server is busy. Try again in a moment.',
  internal_error: 'Something went wrong on the server.',
};

/** The verdict in words. */
export function describeVerdict({ verdict, reasons }) {
  const { title, text } = VERDICTS[verdict];
  return { title, text, reasons: reasons.map((reason) => REASONS[reason] ?? reason) };
}

/** An error in plain words, with the id that finds it in the server's log. */
export function describeProblem({ code, title, message, status, requestId }) {
  const text =
    PROBLEMS[code] ?? [title, message].filter((part, i, all) => part && all.indexOf(part) === i).join(': ');
  const reference = status >= 500 && requestId ? ` (request ${requestId})` : '';
  return `${text || 'Something went wrong.'}${reference}`;
}

/** A probability as people read it. */
export function percent(probability) {
  return `${Math.round(probability * 100)}%`;
}

/** A moment of the clip: 0:04.2 */
export function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - minutes * 60).toFixed(1).padStart(4, '0')}`;
}

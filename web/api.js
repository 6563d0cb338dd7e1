/** What fits into one request everywhere: AWS Lambda takes about 4.4 MB. Larger clips are uploaded. */
const DIRECT_BYTES = 4_000_000;
const POLL_MS = 1000;
const POLL_FOR_MS = 15 * 60_000;

/** The API's answer was an error; carries the fields of its problem document. */
export class ApiProblem extends Error {
  constructor({ status, code, title, detail, request_id: requestId }) {
    super(detail ?? title);
    Object.assign(this, { status, code, title, requestId });
  }
}

/**
 * Have a clip examined.
 * @param {File} clip
 * @param {{operatingPoint: string, apiKey: string, signal: AbortSignal, onProgress: (step: {text: string, fraction?: number}) => void}} options
 * @returns the detection, with frames
 */
export async function examineClip(clip, options) {
  // An uploaded clip is examined as the server is set, so a chosen operating point asks for it once more below.
  return clip.size <= DIRECT_BYTES ? examineDirectly(clip, options) : examineUpload(clip, options);
}

async function examineDirectly(clip, options) {
  const form = new FormData();
  form.append('video', clip);
  const response = await send('POST', detectUrl(options), { ...options, body: form });
  return response;
}

async function examineUpload(clip, options) {
  const type = clip.type.startsWith('video/') ? clip.type : 'video/mp4';
  const upload = await send('POST', 'uploads', { ...options, json: { content_type: type } });
  if (clip.size > upload.max_bytes) {
    throw new ApiProblem({
      status: 413,
      code: 'file_too_large',
      title: 'File is too large',
      detail: `At most ${Math.floor(upload.max_bytes / 1e6)} MB are accepted.`,
    });
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
  form.append('file', clip);
  await send('POST', upload.url, { ...options, apiKey: '', body: form });
  if (options.operatingPoint) {
    return send('POST', detectUrl(options), { ...options, json: { upload_id: upload.upload_id } });
  }
  return pollDetection(upload.upload_id, options);
}

async function pollDetection(uploadId, options) {
  const endsAt = Date.now() + POLL_FOR_MS;
  while (Date.now() < endsAt) {
    const state = await send('GET', `detections/${uploadId}`, { ...options, onProgress: undefined });
    if (state.status === 'done') return state.result;
    if (state.status === 'failed') throw new ApiProblem(state.error);
    const text = state.status === 'waiting' ? 'Waiting for its turn …' : 'Examining the faces …';
    options.onProgress({ text });
    await pause(POLL_MS, options.signal);
  }
  throw new ApiProblem({ status: 504, title: 'No result', detail: 'The examination did not end in time.' });
}

function detectUrl({ operatingPoint }) {
  const query = new URLSearchParams({ include: 'frames' });
  if (operatingPoint) query.set('operating_point', operatingPoint);
  return `detect_deepfake?${query}`;
}

/** XMLHttpRequest rather than fetch, because only it tells how much of the clip has been sent. */
function send(method, url, { body, json, apiKey, signal, onProgress }) {
  const { promise, resolve, reject } = Promise.withResolvers();
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  request.open(method, url);
  if (apiKey) request.setRequestHeader('x-api-key', apiKey);
  if (json) request.setRequestHeader('content-type', 'application/json');
  request.upload.onprogress = ({ loaded, total }) => {
    if (!body) return;
    if (loaded < total) onProgress?.({ text: 'Sending the clip …', fraction: loaded / total });
    else onProgress?.({ text: 'Examining the faces …' });
  };
  request.onload = () => {
    const answer = parse(request.responseText);
    if (request.status >= 200 && request.status < 300) resolve(answer);
    else reject(new ApiProblem({ ...answer, status: request.status }));
  };
  request.onerror = () => reject(new ApiProblem({ status: 0, title: 'The server could not be reached.' }));
  request.onabort = () => reject(signal.reason);
  signal.addEventListener('abort', () => request.abort(), { once: true });
  if (body) onProgress?.({ text: 'Sending the clip …', fraction: 0 });
  request.send(json ? JSON.stringify(json) : body);
  return promise;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    // S3 answers a refused upload in XML; its status says enough.
    return { title: 'The clip was not accepted.' };
  }
}

function pause(milliseconds, signal) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(timer);
      reject(signal.reason);
    },
    { once: true },
  );
  return promise;
}

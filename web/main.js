import { examineClip } from './api.js';
import { describeProblem, describeVerdict } from './describe.js';
import { showResult } from './show-result.js';

const byId = (id) => document.getElementById(id);
const form = byId('form');
const clipInput = byId('clip');
const drop = byId('drop');
const dropText = drop.querySelector('.drop-text');
const emptyDropText = [...dropText.childNodes];
const examineButton = byId('examine');
const cancelButton = byId('cancel');
const problem = byId('problem');
const result = byId('result');

let clip;
let running;

clipInput.addEventListener('change', () => choose(clipInput.files[0]));

for (const type of ['dragenter', 'dragover']) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add('is-over');
  });
}
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) drop.classList.remove('is-over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('is-over');
  if (!running) choose(event.dataTransfer.files[0]);
});

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (clip && !running) examine();
});
cancelButton.addEventListener('click', () => running?.abort());

function choose(file) {
  clip = file;
  if (file) dropText.textContent = `${file.name} (${(file.size / 1e6).toFixed(1)} MB)`;
  else dropText.replaceChildren(...emptyDropText);
  drop.classList.toggle('is-chosen', Boolean(file));
  examineButton.disabled = !file;
  problem.hidden = true;
  result.hidden = true;
}

async function examine() {
  running = new AbortController();
  setRunning(true);
  problem.hidden = true;
  result.hidden = true;
  try {
    const detection = await examineClip(clip, {
      operatingPoint: byId('operating-point').value,
      apiKey: byId('key').value,
      signal: running.signal,
      onProgress: showProgress,
    });
    showResult(result, detection, clip);
    result.hidden = false;
    announce(describeVerdict(detection).title);
    result.focus();
  } catch (error) {
    if (running.signal.aborted) announce('Cancelled.');
    else showProblem(error);
  } finally {
    running = undefined;
    setRunning(false);
  }
}

function showProblem(error) {
  if (error.status === 401 || error.status === 403) {
    byId('key-field').hidden = false;
    byId('key').focus();
  }
  problem.textContent = describeProblem(error);
  problem.hidden = false;
  announce('');
}

function showProgress({ text, fraction }) {
  const bar = byId('progress-bar');
  if (fraction === undefined) bar.removeAttribute('value');
  else bar.value = fraction;
  // Told to screen readers only when the step changes, not at every per cent.
  if (byId('progress-text').textContent !== text) {
    byId('progress-text').textContent = text;
    announce(text);
  }
}

function setRunning(isRunning) {
  byId('progress').hidden = !isRunning;
  cancelButton.hidden = !isRunning;
  examineButton.disabled = isRunning || !clip;
  clipInput.disabled = isRunning;
  form.setAttribute('aria-busy', String(isRunning));
}

function announce(text) {
  byId('status').textContent = text;
}

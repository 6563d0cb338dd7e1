export const usage = `Usage: npm run evaluate -- LABELS.csv [options]

Examines labelled clips and prints how well the detector tells fakes from reals. LABELS.csv has the columns file, label
(1 or fake, 0 or real) and, if wanted, group; relative paths count from its folder.

  --json             print one JSON object instead of tables
  --frames N         frames to look at in each clip (default 32)
  --scores FILE      keep each clip's score in this CSV file; clips already in it are not examined again
  --model DIR        use the classifier in this folder (model.json and its ONNX file)
  --concurrency N    clips examined at the same time (default 2)
  --help             print this

Exit status: 0 when all clips could be examined, 1 when some could not, 2 for bad usage.
`;

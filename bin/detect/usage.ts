export const usage = `Usage: npm run detect -- CLIP [CLIP ...] [options]

Tells of each clip whether a face in it was forged. A CLIP is a file, a folder (searched to the bottom for videos) or a
pattern like 'clips/**/*.mp4'. Clips are examined on this machine unless --api or --function says otherwise.

  --json                 print one JSON object a line: the API's answer and "file", or "error" and "file"
  --operating-point P    balanced, strict or sensitive (default balanced)
  --include LIST         with --json, more detail: frames, faces, heatmap, comma-separated
  --concurrency N        clips examined at the same time (default 2)
  --frames N             frames to look at in each clip (default 32; not with --api or --function)
  --api URL              have the API at this address examine the clips
  --api-key KEY          the API's key; DETECT_API_KEY in the environment does the same and stays out of process lists
  --function NAME        have this Lambda function examine the clips, by name or ARN, with AWS credentials as usual
  --help                 print this

Exit status: 0 when all clips were examined, whatever the verdicts; 1 when some could not be; 2 for bad usage.
`;

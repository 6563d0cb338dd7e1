import { z } from 'zod';

// Context given as `-c key=value` arrives as text, context from cdk.json as JSON: both must mean the same.

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number) {
  return z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], { error: 'expected a whole number' })
    .pipe(z.number().int().min(min).max(max));
}

/** true or false. */
export function flag() {
  return z.union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })], {
    error: 'expected true or false',
  });
}

/** Text that may be left out; the empty text counts as left out. */
export function optionalText(pattern: RegExp, expected: string) {
  return z.union([z.literal(''), z.string().regex(pattern, `expected ${expected}`)], {
    error: `expected ${expected}`,
  });
}

/** Texts separated by commas, each of one form. */
export function textList(pattern: RegExp, expected: string) {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(z.string().regex(pattern, `expected ${expected}, separated by commas`)));
}

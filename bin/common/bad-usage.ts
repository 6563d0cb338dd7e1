/** Thrown when a command was called wrongly or was given a file it cannot use; the message is for the person who called it. */
export class BadUsage extends Error {
  override readonly name = 'BadUsage';
}

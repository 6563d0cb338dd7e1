import { settingsTable } from './settings.ts';

/** Prints the README's table of settings. */
console.log('| setting | default | meaning |\n| --- | --- | --- |');
for (const [name, setting] of Object.entries(settingsTable)) {
  console.log(
    `| \`${name}\` | ${setting.default === '' ? '' : `\`${setting.default}\``} | ${setting.meaning} |`,
  );
}

/** Svelte's settings: runes everywhere, so that old and new reactivity never mix. */
export default { compilerOptions: { runes: true } };

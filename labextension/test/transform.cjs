/** Lets jest read TypeScript, by the bundler that is here anyway. */
const { transformSync } = require('esbuild');

module.exports = {
  process(source, path) {
    const options = { loader: 'ts', format: 'cjs', sourcefile: path };
    const { code, map } = transformSync(source, {
      ...options,
      target: 'node20',
      sourcemap: true
    });
    return { code, map };
  }
};

// The tasks as worker-farm wants them: CommonJS, with a callback.
const { fileURLToPath } = require('node:url');
const { TASKS } = require('./chosen.mjs');

for (const [name, task] of Object.entries(require(fileURLToPath(TASKS)))) {
  module.exports[name] = (input, callback) => callback(null, task(input));
}

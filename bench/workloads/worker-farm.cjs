// The tasks as worker-farm wants them: CommonJS, with a callback.
const tasks = require('./tasks.mjs');

for (const [name, task] of Object.entries(tasks)) {
  module.exports[name] = (input, callback) => callback(null, task(input));
}

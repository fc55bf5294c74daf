// The tasks, registered as poolifier wants them in a process. CommonJS, because an ES module is loaded too late to get
// the message with which its pool greets a new process.
const { fileURLToPath } = require('node:url');
const { ClusterWorker } = require('poolifier');
const { TASKS } = require('./chosen.mjs');

module.exports = new ClusterWorker({ ...require(fileURLToPath(TASKS)) });

// The tasks, registered as poolifier wants them in a process. CommonJS, because an ES module is loaded too late to get
// the message with which its pool greets a new process.
const { ClusterWorker } = require('poolifier');
const tasks = require('./tasks.mjs');

module.exports = new ClusterWorker({ ...tasks });

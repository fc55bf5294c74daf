#!/usr/bin/env node
// Checked in with its mode, so that a link to it made before the first build can be run after it.
import '../dist/bundle/bin.js';

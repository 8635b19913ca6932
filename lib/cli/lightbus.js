#!/usr/bin/env node
// npm links a package's command when it installs it, and makes no link to a file that is not there.
// In a fresh clone `dist/` is built after that; this file is always there.
import '../../dist/cli/main.js';

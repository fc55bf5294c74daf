// A worker module that throws while it loads, and leaves a line for each load.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

appendFileSync(join(process.env.FAULTS_FOLDER, 'loads'), '.');
throw new Error('thrown at load');

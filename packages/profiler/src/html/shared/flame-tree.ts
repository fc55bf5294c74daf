import type { FlameGraph } from '../../model/cpu.js';

/** Several flames as one: nodes with the same path of frames become one node. */
export function mergeFlames(flames: readonly FlameGraph[]): FlameGraph {
  if (flames.length === 1) return flames[0] as FlameGraph;
  const merged: FlameGraph = { frames: [], parent: [], frame: [], selfMs: [] };
  const frames = new Map<string, number>();
  const nodes = new Map<string, number>();
  for (const flame of flames) {
    const frameOf = flame.frames.map((frame) => {
      const key = `${frame.functionName}\n${frame.file}\n${frame.line}`;
      let index = frames.get(key);
      if (index === undefined) frames.set(key, (index = merged.frames.push(frame) - 1));
      return index;
    });
    const nodeOf = new Int32Array(flame.parent.length).fill(-2);
    const place = (start: number): number => {
      // Parents first, without recursion: stacks of user code may be deep.
      const chain: number[] = [];
      for (
        let node = start;
        node >= 0 && nodeOf[node] === -2 && chain.length <= flame.parent.length;
        node = flame.parent[node] ?? -1
      )
        chain.push(node);
      for (const node of chain.reverse()) {
        const above = flame.parent[node] ?? -1;
        const parent = above < 0 ? -1 : (nodeOf[above] ?? -1);
        const frame = frameOf[flame.frame[node] ?? 0] ?? 0;
        const key = `${parent} ${frame}`;
        let index = nodes.get(key);
        if (index === undefined) {
          nodes.set(key, (index = merged.parent.push(parent) - 1));
          merged.frame.push(frame);
          merged.selfMs.push(0);
        }
        nodeOf[node] = index;
      }
      return nodeOf[start] ?? -1;
    };
    flame.parent.forEach((_, node) => {
      const index = place(node);
      merged.selfMs[index] = (merged.selfMs[index] ?? 0) + (flame.selfMs[node] ?? 0);
    });
  }
  return merged;
}

/** Folder of a package or of the program that a frame belongs to: frames of one kind share a colour. */
export function frameKind(file: string): 'node' | 'package' | 'own' {
  if (file === '' || file.startsWith('node:')) return 'node';
  return /[\\/]node_modules[\\/]/.test(file) ? 'package' : 'own';
}

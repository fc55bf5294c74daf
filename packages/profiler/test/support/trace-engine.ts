import type { ChromeTrace } from '../../src/output/chrome/events.js';

/** An entry of a track of its own, as DevTools has read it. */
export interface TrackEntry {
  name: string;
  ts: number;
  dur: number;
  devtoolsObj: {
    track: string;
    trackGroup: string;
    color: string;
    tooltipText: string;
    properties?: [string, string][];
  };
}
export interface DevToolsData {
  tracks: { name: string; isTrackGroup: boolean; entriesByTrack: Record<string, TrackEntry[]> }[];
  markers: { name: string; devtoolsObj: { color: string } }[];
  /** Nodes and samples by process and thread. */
  profiles: { pid: number; tid: number; nodes: number; samples: number }[];
}

/** Parts of the engine that are used here; its own types need those of a browser. */
interface Engine {
  TraceModel: { Model: { createWithAllHandlers(): EngineModel } };
}
interface EngineModel {
  parse(events: unknown, options: object): Promise<void>;
  parsedTrace(): {
    data: {
      ExtensionTraceData: { extensionTrackData: DevToolsData['tracks']; extensionMarkers: DevToolsData['markers'] };
      Samples: {
        profilesInProcess: Map<number, Map<number, { rawProfile: { nodes: unknown[]; samples: unknown[] } }>>;
      };
    };
  };
}

/** Reads a trace with the engine of DevTools' Performance panel. */
export async function readWithDevTools(trace: ChromeTrace): Promise<DevToolsData> {
  const engine: unknown = await import('@paulirish/trace_engine/models/trace/trace.js');
  const { TraceModel } = engine as Engine;
  const model = TraceModel.Model.createWithAllHandlers();
  const { traceEvents } = JSON.parse(JSON.stringify(trace)) as ChromeTrace;
  await model.parse(traceEvents, { metadata: {}, isFreshRecording: false });
  const { ExtensionTraceData, Samples } = model.parsedTrace().data;
  const profiles = [...Samples.profilesInProcess].flatMap(([pid, threads]) =>
    [...threads].map(([tid, { rawProfile }]) => ({
      pid,
      tid,
      nodes: rawProfile.nodes.length,
      samples: rawProfile.samples.length,
    })),
  );
  return { tracks: ExtensionTraceData.extensionTrackData, markers: ExtensionTraceData.extensionMarkers, profiles };
}

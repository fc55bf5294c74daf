import { DefaultSerializer } from '../base/v8-natives.js';
import type { TransferItem } from '../contract/transfer-item.js';
import { findCulpritOf, refusalByAll, refusalWithoutMemory, type Refused, type Refuser } from './culprit.js';
import { nameOf, type NotSerializable, one } from './not-serializable.js';
import { canOnlyBeMoved, refusalByEveryWay } from './platform-objects.js';

const PORT: Refuser = {
  byType: refusalByPort,
  serializer: () => new PortSerializer(),
};

/** The first part of a value that a port has refused with this error. Parts in `transfer` are not to blame. */
export function findPortCulprit(value: unknown, transfer: readonly TransferItem[], error: unknown): NotSerializable {
  return findCulpritOf(PORT, value, error, transfer as readonly object[]);
}

function refusalByPort(value: object): Refused | undefined {
  const always = refusalByAll(value) ?? refusalWithoutMemory(value);
  if (always !== undefined) return always;
  const refusal = refusalByEveryWay(value);
  if (refusal !== undefined) return { what: refusal.message };
  if (!canOnlyBeMoved(value)) return undefined;
  return { what: `is ${one(nameOf(value))}, which can only be moved; name it in transfer` };
}

/** V8's serializer, used only for its refusals. A port takes shared memory and objects of native code. */
class PortSerializer extends DefaultSerializer {
  _writeHostObject(): void {}

  _getSharedArrayBufferId(): number {
    return 0;
  }
}

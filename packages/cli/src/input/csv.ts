import { plural } from '@millpond/core/internal';
import type { ByteSource } from './byte-source.js';
import type { CsvRecord } from './csv-records.js';
import { readCsvRecords } from './csv-records.js';
import type { InputSource, SourceItem } from './source.js';
import { InputError } from './source.js';

export interface CsvFormat {
  /** @defaultValue a comma */
  delimiter?: string;
  /** Whether the first record holds column names. @defaultValue true without `columns`, false with them */
  header?: boolean;
  /** Names of the columns; they replace the header. */
  columns?: readonly string[];
}

/**
 * The records of a CSV text, as objects of fields by column name. Without names, a record is a list of fields. Fields are
 * strings. Ids are the numbers of the lines that records begin on. A record with a wrong number of fields, or with a broken
 * quote, is a bad item. Reading goes on. The header is read here.
 * @throws InputError when the header is missing, or names a column twice
 */
export async function openCsv(bytes: ByteSource, format: CsvFormat): Promise<InputSource> {
  const records = readCsvRecords(bytes.chunks(), format.delimiter ?? ',');
  const { columns } = format;
  const hasHeader = format.header ?? columns === undefined;
  const names = hasHeader ? await readHeader(records, bytes.label) : undefined;
  return {
    description: `CSV records of ${bytes.label}`,
    total: undefined,
    files: bytes.path === undefined ? [] : [bytes.path],
    async *items(): AsyncGenerator<SourceItem> {
      for await (const record of records) yield toItem(record, columns ?? names, bytes.label);
    },
    close: () => bytes.close(),
  };
}

async function readHeader(records: AsyncGenerator<CsvRecord>, label: string): Promise<string[]> {
  const first = await records.next();
  if (first.done === true)
    throw new InputError(`"${label}" is empty; its first line must name the columns (or set header: false).`);
  const record = first.value;
  if ('problem' in record)
    throw new InputError(`${label}:${record.line}: the header cannot be read: ${record.problem}.`);
  const twice = record.fields.find((name, index) => record.fields.indexOf(name) !== index);
  if (twice !== undefined)
    throw new InputError(`${label}:${record.line}: the header names column "${twice}" twice; give columns.`);
  return record.fields;
}

function toItem(record: CsvRecord, columns: readonly string[] | undefined, label: string): SourceItem {
  const id = record.line;
  if ('problem' in record) return { id, problem: `${label}:${id}: ${record.problem}.` };
  const { fields } = record;
  if (columns === undefined) return { id, value: fields };
  if (fields.length !== columns.length) {
    return {
      id,
      problem: `${label}:${id}: the record has ${plural(fields.length, 'field')}, where ${plural(columns.length, 'column')} ${columns.length === 1 ? 'is' : 'are'} named.`,
    };
  }
  // fromEntries defines properties and never calls a setter, so a column named __proto__ is only a column.
  return { id, value: Object.fromEntries(columns.map((name, index) => [name, fields[index]])) };
}

import type { Schema } from "../api/types";
import { useT } from "../i18n";
import { useOperationTexts } from "../i18n/operations";
import { ArtifactPicker } from "./ArtifactPicker";
import { FieldRow } from "./FieldRow";

type Value = string | string[] | undefined;
interface Props { operation: string; name: string; schema: Schema; value: Value; set: (value: Value) => void; required: boolean; error: string | undefined }

export function InputField({ operation, name, schema, value, set, required, error }: Props) {
  const t = useT();
  const texts = useOperationTexts();
  const id = `input-${name}`;
  const label = texts.label(operation, name);
  const many = schema.type === "array";
  const list = value === undefined ? [] : [value].flat();
  const change = (i: number, next: string | undefined) => {
    const all = list.flatMap((x, j) => (j !== i ? [x] : next === undefined ? [] : [next]));
    if (i === list.length && next !== undefined) all.push(next);
    set(all.length ? all : undefined);
  };
  return (
    <FieldRow id={id} name={name} label={label} help={texts.help(operation, name, schema)} required={required} error={error}>
      {many ? (
        <>
          {list.map((x, i) => <ArtifactPicker key={x} id={`${id}-${i}`} field={id} label={label} schema={schema} value={x} set={(v) => change(i, v)} optional />)}
          <ArtifactPicker id={id} field={id} label={label} schema={schema} value={undefined} set={(v) => change(list.length, v)} optional button={t(list.length ? "pick.add" : "pick.choose")} />
        </>
      ) : (
        <ArtifactPicker id={id} field={id} label={label} schema={schema} value={list[0]} set={set} optional={!required} invalid={error !== undefined} />
      )}
    </FieldRow>
  );
}

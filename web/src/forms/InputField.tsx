import type { Schema } from "../api/types";
import { useT } from "../i18n";
import { ArtifactPicker } from "./ArtifactPicker";
import { FieldRow } from "./FieldRow";
import { kindsFor } from "./schema";

interface Props { name: string; schema: Schema; value: string | string[] | undefined; set: (value: string | string[] | undefined) => void; required: boolean; error: string | undefined }

export function InputField({ name, schema, value, set, required, error }: Props) {
  const t = useT();
  const id = `input-${name}`;
  const kinds = kindsFor(schema);
  const many = schema.type === "array";
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  const change = (i: number, next: string | undefined) => {
    const all = next === undefined ? list.filter((_, j) => j !== i) : i < list.length ? list.map((x, j) => (j === i ? next : x)) : [...list, next];
    set(all.length ? all : undefined);
  };
  return (
    <FieldRow id={id} name={name} schema={schema} required={required} error={error}>
      {many ? (
        <>
          {list.map((x, i) => <ArtifactPicker key={i} id={`${id}-${i}`} field={name} kinds={kinds} value={x} set={(v) => change(i, v)} optional />)}
          <ArtifactPicker id={id} field={name} kinds={kinds} value={undefined} set={(v) => change(list.length, v)} optional label={t(list.length ? "pick.add" : "pick.choose")} />
        </>
      ) : (
        <ArtifactPicker id={id} field={name} kinds={kinds} value={list[0]} set={set} optional={!required} />
      )}
    </FieldRow>
  );
}

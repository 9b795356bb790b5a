import type { Schema } from "../api/types";
import { useOperationTexts } from "../i18n/operations";
import { ArtifactPicker } from "./ArtifactPicker";
import { FieldRow } from "./FieldRow";

interface Props {
  operation: string;
  name: string;
  schema: Schema;
  value: string | undefined;
  set: (value: string | undefined) => void;
  required: boolean;
  error: string | undefined;
}

export function InputField({ operation, name, schema, value, set, required, error }: Props) {
  const texts = useOperationTexts();
  const id = `input-${name}`;
  const label = texts.label(operation, name);
  return (
    <FieldRow
      id={id}
      name={name}
      label={label}
      help={texts.help(operation, name, schema)}
      required={required}
      error={error}
    >
      <ArtifactPicker
        id={id}
        label={label}
        schema={schema}
        value={value}
        set={set}
        optional={!required}
        invalid={error !== undefined}
      />
    </FieldRow>
  );
}

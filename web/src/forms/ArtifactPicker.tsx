import { useRef, useState } from "react";
import { useArtifact } from "../api/load";
import type { Schema } from "../api/types";
import { Thumb } from "../components/Parts";
import { useT } from "../i18n";
import { useSummary } from "../pages/useSummary";
import { Link } from "../router";
import { PickDialog } from "./PickDialog";
import { kindsFor } from "./schema";

export { PickDialog };

export function ArtifactChip({ id }: { id: string }) {
  const t = useT();
  const summary = useSummary();
  const { data: artifact, error } = useArtifact(id);
  return (
    <>
      {artifact && <Thumb artifact={artifact} />}
      <span className="grow">
        {artifact ? <Link to={`/artifacts/${id}`}>{artifact.name}</Link> : <span className="mono">{id}</span>}
        {artifact && (
          <span className="small muted">
            <br />
            {[t(`kind.${artifact.kind}`), summary(artifact)].filter(Boolean).join(" · ")}
          </span>
        )}
        {error !== undefined && (
          <span className="small muted">
            <br />
            {t("error.gone")}
          </span>
        )}
      </span>
    </>
  );
}

interface Props {
  id: string;
  label: string;
  schema: Schema;
  value: string | undefined;
  set: (id: string | undefined) => void;
  optional: boolean;
  invalid: boolean;
}

export function ArtifactPicker({ id, label, schema, value, set, optional, invalid }: Props) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const described = `${id}-help ${id}-error`;
  const close = () => {
    setOpen(false);
    // The button that opened the dialog may have been replaced by the one that changes the choice.
    requestAnimationFrame(() => opener.current?.focus());
  };
  const name = <span className="hidden"> {label}</span>;
  return (
    <>
      {value === undefined ? (
        <div>
          <button
            ref={opener}
            type="button"
            id={id}
            className={invalid ? "invalid" : ""}
            aria-describedby={described}
            aria-haspopup="dialog"
            onClick={() => setOpen(true)}
          >
            {t("pick.choose")}
            {name}
          </button>
        </div>
      ) : (
        <div className="picked">
          <ArtifactChip id={value} />
          <button
            ref={opener}
            type="button"
            id={id}
            aria-describedby={described}
            aria-haspopup="dialog"
            onClick={() => setOpen(true)}
          >
            {t("pick.change")}
            {name}
          </button>
          {optional && (
            <button
              type="button"
              className="quiet"
              onClick={() => {
                set(undefined);
                close();
              }}
            >
              {t("pick.clear")}
              {name}
            </button>
          )}
        </div>
      )}
      {open && (
        <PickDialog
          field={label}
          kinds={kindsFor(schema)}
          schema={schema}
          close={close}
          pick={(a) => {
            set(a.id);
            close();
          }}
        />
      )}
    </>
  );
}

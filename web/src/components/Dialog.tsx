import { useEffect, useId, useRef, type ReactNode } from "react";
import { useT } from "../i18n";
import { Glyph } from "./Icon";

export function Dialog({
  title,
  close,
  children,
  foot,
}: {
  title: string;
  close: () => void;
  children: ReactNode;
  foot?: ReactNode;
}) {
  const t = useT();
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    // React gives autofocus no attribute, by which the browser would know where to begin.
    dialog?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => {
      dialog?.close();
      // The browser gives focus back by itself only if the dialog is still in the page when it closes.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault();
        close();
      }}
      onClick={(e) => e.target === ref.current && close()}
    >
      <div className="dialog-head">
        <h2 id={id}>{title}</h2>
        <button className="quiet icon-only" aria-label={t("common.close")} onClick={close}>
          <Glyph name="close" />
        </button>
      </div>
      <div className="dialog-body">{children}</div>
      {foot && <div className="dialog-foot">{foot}</div>}
    </dialog>
  );
}

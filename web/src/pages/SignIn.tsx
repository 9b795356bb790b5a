import { useState, type FormEvent } from "react";
import { api, ApiError } from "../api/client";
import { Failure } from "../components/Failure";
import { useTitle } from "../components/useTitle";
import { useT } from "../i18n";

export function SignIn({ done }: { done: () => void }) {
  const t = useT();
  useTitle(t("signin.title"));
  const [token, setToken] = useState("");
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await api.signIn(token.trim());
      done();
    } catch (e) {
      setError(
        e instanceof ApiError && e.problem.status > 0 && e.problem.status < 500
          ? new Error(t("signin.wrong"))
          : e,
      );
    }
  };
  return (
    <form className="stack sign-in" onSubmit={(e) => void submit(e)}>
      <h1>{t("signin.title")}</h1>
      <p className="muted">{t("signin.help")}</p>
      <label className="stack">
        {t("signin.token")}
        <input
          type="password"
          autoComplete="current-password"
          value={token}
          onChange={(e) => setToken(e.target.value)}
          required
        />
      </label>
      {error !== undefined && <Failure error={error} />}
      <div>
        <button className="primary">{t("signin.button")}</button>
      </div>
    </form>
  );
}

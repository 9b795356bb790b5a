import { useEffect, useRef } from "react";
import { api } from "./api/client";
import { connectWhileVisible } from "./api/events";
import { useLoad } from "./api/load";
import { Boundary } from "./components/Boundary";
import { Header } from "./components/Header";
import { useT } from "./i18n";
import { ArtifactPage } from "./pages/Artifact";
import { ComparePage } from "./pages/Compare";
import { OperationPage } from "./pages/Operation";
import { OperationsPage } from "./pages/Operations";
import { PipelinePage, PipelinesPage } from "./pages/Pipelines";
import { RunPage } from "./pages/Run";
import { RunsPage } from "./pages/Runs";
import { SignIn } from "./pages/SignIn";
import { WorkspacePage } from "./pages/Workspace";
import { match, usePath } from "./router";

function Page({ path }: { path: string }) {
  const t = useT();
  let m: Record<string, string> | null;
  if (match("", path)) return <WorkspacePage />;
  if ((m = match("/artifacts/:id", path))) return <ArtifactPage key={path} id={m["id"] ?? ""} />;
  if (match("/operations", path)) return <OperationsPage />;
  if ((m = match("/operations/:name", path))) return <OperationPage key={path} name={m["name"] ?? ""} />;
  if (match("/runs", path)) return <RunsPage />;
  if ((m = match("/runs/:id", path))) return <RunPage key={path} id={m["id"] ?? ""} />;
  if (match("/compare", path)) return <ComparePage />;
  if (match("/pipelines", path)) return <PipelinesPage />;
  if ((m = match("/pipelines/:id", path))) return <PipelinePage key={path} id={m["id"] ?? ""} />;
  return <p className="empty">{t("error.notFound")}</p>;
}

export function App() {
  const t = useT();
  const path = usePath();
  const session = useLoad("session", api.session);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const locked = session.data?.required === true && !session.data.ok;
  useEffect(() => {
    // A server that cannot say whether it wants a token is tried all the same; pages then report their own errors.
    if (!session.loading && !locked) connectWhileVisible();
  }, [session.loading, locked]);
  useEffect(() => {
    // Screen readers notice a new page only when focus moves to it.
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a className="skip button" href="#main">{t("nav.skip")}</a>
      <Header path={path} />
      <main className="main" id="main" tabIndex={-1} ref={main}>
        {session.loading ? null : locked ? <SignIn done={session.reload} /> : <Boundary key={path}><Page path={path} /></Boundary>}
      </main>
      <footer className="footer"><span>{t("footer.research")}</span><span>韶光 Shaoguang</span></footer>
    </>
  );
}

import { lazy, Suspense, useEffect, useRef } from "react";
import { api } from "./api/client";
import { connectWhileVisible, useConnection } from "./api/events";
import { useLoad } from "./api/load";
import { Banner } from "./components/Banner";
import { Boundary } from "./components/Boundary";
import { Loading } from "./components/Failure";
import { Header } from "./components/Header";
import { useT } from "./i18n";
import { ArtifactPage } from "./pages/Artifact";
import { ComparePage } from "./pages/Compare";
import { NotFound } from "./pages/NotFound";
import { OperationPage } from "./pages/Operation";
import { OperationsPage } from "./pages/Operations";
import { PipelinePage, PipelinesPage } from "./pages/Pipelines";
import { RunPage } from "./pages/Run";
import { RunsPage } from "./pages/Runs";
import { SignIn } from "./pages/SignIn";
import { WorkspacePage } from "./pages/Workspace";
import { match, usePath } from "./router";

const DespecklePage = lazy(() => import("./pages/Despeckle"));

function Page({ path }: { path: string }) {
  let m: Record<string, string> | null;
  if (match("", path)) return <WorkspacePage />;
  if ((m = match("/artifacts/:id", path))) return <ArtifactPage key={path} id={m["id"] ?? ""} />;
  if (match("/operations", path)) return <OperationsPage />;
  if ((m = match("/operations/:module/:verb", path)))
    return <OperationPage key={path} name={`${m["module"]}.${m["verb"]}`} />;
  if ((m = match("/operations/:name", path))) return <OperationPage key={path} name={m["name"] ?? ""} />;
  if (match("/runs", path)) return <RunsPage />;
  if ((m = match("/runs/:id", path))) return <RunPage key={path} id={m["id"] ?? ""} />;
  if (match("/compare", path)) return <ComparePage />;
  if (match("/despeckle", path)) return <DespecklePage id={undefined} />;
  if ((m = match("/despeckle/:id", path))) return <DespecklePage key={path} id={m["id"] ?? ""} />;
  if (match("/pipelines", path)) return <PipelinesPage />;
  if ((m = match("/pipelines/:id", path))) return <PipelinePage key={path} id={m["id"] ?? ""} />;
  return <NotFound />;
}

function Footer({ show, leave }: { show: boolean; leave: (() => void) | undefined }) {
  const t = useT();
  const health = useLoad(show ? "health" : null, () => api.health()).data;
  const workspace = health && `${t("workspace.title")} ${health.workspace.name} · `;
  return (
    <footer className="footer">
      <span>{t("footer.research")}</span>
      <span>
        {workspace}韶光 Shaoguang {health?.version}
        {leave && (
          <>
            {" · "}
            <button className="link" onClick={leave}>
              {t("signin.out")}
            </button>
          </>
        )}
      </span>
    </footer>
  );
}

export function App() {
  const t = useT();
  const path = usePath();
  const session = useLoad("session", api.session);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const connection = useConnection();
  const asking = session.loading && session.data === undefined && session.error === undefined;
  const locked = session.data?.required === true && !session.data.ok;
  useEffect(() => {
    // A server that cannot say whether it wants a token is tried all the same; pages then report their own errors.
    if (!asking && !locked) connectWhileVisible();
  }, [asking, locked]);
  const { reload } = session;
  useEffect(() => {
    // A server that came back may have another token; nothing but the session tells that from a network that is down.
    if (connection === "lost") reload();
  }, [connection, reload]);
  const signOut = () => void api.signOut().then(reload, reload);
  useEffect(() => {
    // Screen readers notice a new page only when focus moves to it.
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a className="skip button" href="#main">
        {t("nav.skip")}
      </a>
      <Header path={path} />
      <Banner />
      <main className="main" id="main" tabIndex={-1} ref={main}>
        {asking ? null : locked ? (
          <SignIn done={session.reload} />
        ) : (
          <Boundary key={path}>
            <Suspense fallback={<Loading />}>
              <Page path={path} />
            </Suspense>
          </Boundary>
        )}
      </main>
      <Footer show={!asking && !locked} leave={session.data?.required && !locked ? signOut : undefined} />
    </>
  );
}

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./theme/base.css";
import "./theme/parts.css";
import "./theme/forms.css";
import "./theme/pages.css";
import "./theme/viewers.css";
import "./theme/despeckle.css";

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );

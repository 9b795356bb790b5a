import { Component, type ReactNode } from "react";
import { Failure } from "./Failure";

/** A viewer or page that breaks must not take the rest with it. */
export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };
  static getDerivedStateFromError(error: unknown) {
    return { error: error ?? new Error("?") };
  }
  override render() {
    return this.state.error === undefined ? (
      this.props.children
    ) : (
      <Failure error={this.state.error} retry={() => this.setState({ error: undefined })} />
    );
  }
}

#pragma once
#include <string>
#include <vector>

#include "platform/workspace.h"
#include "server/call.h"

namespace sg::server {

/// Sends an object with ranges, an ETag and a year's cache (its bytes never change). Only what a browser
/// shows harmlessly is shown; HTML only in a sandbox without this server's origin; all else is a download.
void send_object(const Call& call, const platform::Workspace& workspace, const std::string& sha256,
                 const std::string& name);
/// Sends all files of an artifact as one .zip, made as it goes.
void send_archive(const Call& call, const platform::Workspace& workspace, const platform::Artifact& artifact);

}  // namespace sg::server
